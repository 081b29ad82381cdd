package dev.keepsake.shard;

import dev.keepsake.engine.Engine;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Asks a replica's engine for its applied offset, again and again, until the engine is a primary
/// or its life ends. Blocks the virtual thread that runs it. Any thread may call the other methods.
final class EngineProbe {
    /// Receives the answers, on the thread that asks.
    interface Listener {
        /// The engine has answered with its applied offset.
        ///
        /// @param tail the tail of the log, read before the engine was asked
        /// @param offset the applied offset, in bytes
        void onOffset(Tail tail, long offset);

        /// The engine did not answer in time. It is not asked again.
        void onNoAnswer(IOException reason);
    }

    private static final long NOT_A_REPLICA = Long.MIN_VALUE;
    private static final long BUSY = NOT_A_REPLICA + 1;

    // The pauses between two questions: while something waits for the engine, and
    // otherwise.
    private static final long EAGER_NS = TimeUnit.MICROSECONDS.toNanos(500);
    private static final long IDLE_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final TransactionLog log;
    private final long timeoutNs;
    private final Listener listener;
    private final Semaphore soon = new Semaphore(0);
    private volatile boolean eager = true;
    private volatile boolean ended;

    /// @param timeoutNs how long an answer may take, in nanoseconds
    EngineProbe(TransactionLog log, long timeoutNs, Listener listener) {
        this.log = log;
        this.timeoutNs = timeoutNs;
        this.listener = listener;
    }

    /// Asks an engine until it is a primary. Blocks.
    void run(Engine following) {
        try {
            while (!ended) {
                var tail = log.tail(); // before the engine's offset: see Leadership.onProgress
                long offset = replicaOffset(following.commandWithin(timeoutNs, "ROLE"));
                if (offset == NOT_A_REPLICA) {
                    return;
                }
                if (offset != BUSY) {
                    listener.onOffset(tail, offset);
                }
                soon.tryAcquire(eager ? EAGER_NS : IDLE_NS, TimeUnit.NANOSECONDS);
            }
        } catch (IOException e) {
            if (!ended) {
                listener.onNoAnswer(e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The applied offset in a replica's answer to `ROLE`: `["slave", host, port, state, offset]`.
    /// A long-running read-only script may keep a replica from answering, and from applying more.
    private static long replicaOffset(RespValue role) throws IOException {
        if (role instanceof RespValue.ErrorReply(String error) && error.startsWith("BUSY ")) {
            return BUSY;
        }
        if (role instanceof RespValue.ArrayReply(List<RespValue> items) && !items.isEmpty()) {
            if (items.size() == 5 && items.get(4) instanceof RespValue.IntegerReply(long offset)) {
                return offset;
            }
            if (items.getFirst() instanceof RespValue.Bulk kind && kind.utf8().equals("master")) {
                return NOT_A_REPLICA;
            }
        }
        throw new IOException("unexpected answer to ROLE: " + role);
    }

    /// Asks at short intervals from now on, because something waits for the engine.
    void hurry() {
        eager = true;
        soon.release();
    }

    /// Asks at long intervals from now on.
    void relax() {
        eager = false;
    }

    void end() {
        ended = true;
        soon.release();
    }
}
