package dev.keepsake.shard;

import dev.keepsake.engine.Engine;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Asks a replica's engine again and again how far it has come, until it is a primary or its life
/// ends. Blocks the virtual thread that runs it; every other method may be called by any thread.
final class EngineProbe {
    /// Who is told, on the thread that asks.
    interface Listener {
        /// The engine has said how far it has come.
        ///
        /// @param tail the end of the log, read before the engine was asked
        void onOffset(Tail tail, long offset);

        /// The engine does not answer; it is not asked again.
        void onNoAnswer(IOException reason);
    }

    private static final long NOT_A_REPLICA = Long.MIN_VALUE;
    private static final long BUSY = NOT_A_REPLICA + 1;

    // How close together the engine is asked: while somebody waits for it, and otherwise.
    private static final long EAGER_NS = TimeUnit.MICROSECONDS.toNanos(500);
    private static final long IDLE_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final TransactionLog log;
    private final long timeoutNs;
    private final Listener listener;
    private final Semaphore soon = new Semaphore(0);
    private volatile boolean eager = true;
    private volatile boolean ended;

    /// @param timeoutNs how long an answer may take
    EngineProbe(TransactionLog log, long timeoutNs, Listener listener) {
        this.log = log;
        this.timeoutNs = timeoutNs;
        this.listener = listener;
    }

    /// Asks an engine until it is a primary.
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

    /// The applied offset out of a replica's `ROLE`: `["slave", host, port, state, offset]`. A
    /// script that only reads may keep a replica from saying it, and from getting on.
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

    /// Somebody waits for the engine to get on.
    void hurry() {
        eager = true;
        soon.release();
    }

    /// Nobody waits any more.
    void relax() {
        eager = false;
    }

    void end() {
        ended = true;
        soon.release();
    }
}
