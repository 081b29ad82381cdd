package dev.keepsake.front;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;

/// Keeps the memory that the clients of one node use within the node's share. Owned by the node's
/// event loop.
///
/// An incomplete command gets its room before it arrives. A client that gets none is not read until
/// there is room, so the clients that have room can finish. When clients have waited for a while,
/// the clients that use most and do not finish are closed. Unread replies and the heap are measured
/// from time to time, and the clients that use most are closed while that is too much.
final class MemoryWatch {
    /// A client, as far as it uses memory.
    interface Holder {
        /// The bytes of its incomplete command.
        long inputBytes();

        /// The same if the command began a while ago, has room and makes no progress.
        long stuckBytes();

        /// The other bytes in buffers: replies that the client does not read, commands that its
        /// engine does not take.
        long otherBytes();

        /// The bytes in the heap for it.
        long heapBytes();

        /// Whether it has asked not to be closed for the sake of others.
        boolean isSpared();

        /// There may be room for what it waits for.
        void onRoom();

        /// Closes it.
        void closeFor(String reason);
    }

    /// How many measurements in a row have to find waiting clients before others are closed for
    /// them.
    private static final int PATIENCE = 5;

    /// A client that asked to be spared counts as if it used this many times less.
    private static final int SPARED_WEIGHS = 8;

    /// The part of the share that is freed at once.
    private static final int FREED_PART = 8;

    private static final int UNMEASURED_PART = 16;

    private final Allowance.Share direct;
    private final Allowance.Share heap;
    private final Set<Holder> waiting = new LinkedHashSet<>();
    private long measuredBytes; // what was counted, except input
    private long measuredHeapBytes;
    private long unmeasuredBytes;
    private long unmeasuredHeapBytes;
    private int waited;

    MemoryWatch(Allowance.Share direct, Allowance.Share heap) {
        this.direct = direct;
        this.heap = heap;
    }

    /// A client's command needs more or less room than before.
    ///
    /// @return whether there is room; if not, nothing changes except that the client waits
    boolean resize(Holder client, long before, long after) {
        if (after <= before) {
            waiting.remove(client);
            direct.count(after - before);
            return true;
        }
        if (direct.take(after - before)) {
            waiting.remove(client);
            return true;
        }
        waiting.add(client);
        return false;
    }

    /// A client uses more than there was room for.
    void count(long bytes) {
        direct.count(bytes);
    }

    void forget(Holder client) {
        waiting.remove(client);
    }

    /// Lets waiting clients continue, those first that have waited longest, as far as there is
    /// room.
    void giveRoom() {
        for (var next : List.copyOf(waiting)) {
            next.onRoom();
            if (waiting.contains(next)) {
                return;
            }
        }
    }

    /// So many more bytes are on their way to clients, or were sent to a lane.
    ///
    /// @return whether it is time to [#measure]
    boolean noteGrowth(long bytes) {
        unmeasuredBytes += bytes;
        return unmeasuredBytes > Math.max(1 << 20, direct.most() / UNMEASURED_PART);
    }

    /// So many more bytes of heap are used for a client.
    ///
    /// @return whether it is time to [#measure]
    boolean noteHeapGrowth(long bytes) {
        unmeasuredHeapBytes += bytes;
        return unmeasuredHeapBytes > Math.max(1 << 20, heap.most() / UNMEASURED_PART);
    }

    /// Takes room in the heap for something that waits for an answer and does not belong to a
    /// client: it stays when the client goes.
    ///
    /// @return whether there is room
    boolean takeHeap(long bytes) {
        return heap.take(bytes);
    }

    /// Gives back the room of [#takeHeap].
    void giveHeapBack(long bytes) {
        heap.count(-bytes);
    }

    /// Whether the engine is not to be asked anything more whose replies clients have to read
    /// first.
    boolean isOver() {
        return direct.isOver() || heap.isOver();
    }

    /// Measures what is used, and closes the clients that use most while that is too much.
    ///
    /// @param commonBytes what is used in buffers, beside what single clients use
    void measure(Collection<? extends Holder> clients, long commonBytes) {
        unmeasuredBytes = 0;
        unmeasuredHeapBytes = 0;
        long others = commonBytes;
        long inHeap = 0;
        for (var client : clients) {
            others += client.otherBytes();
            inHeap += client.heapBytes();
        }
        direct.count(others - measuredBytes);
        measuredBytes = others;
        heap.count(inHeap - measuredHeapBytes);
        measuredHeapBytes = inHeap;
        if (direct.isOver()) {
            // Bytes that wait for the log are not the clients' fault: the node reads no more
            // commands until the log has them.
            long ofClients = others - commonBytes;
            for (var worst : worstFirst(clients, Holder::otherBytes)) {
                long bytes = worst.otherBytes();
                if (!direct.isOver()
                        || bytes == 0
                        || ofClients <= Math.max(commonBytes, direct.most() / 2)) {
                    break;
                }
                ofClients -= bytes;
                worst.closeFor("leaves too many bytes unread");
                measuredBytes -= bytes;
                direct.count(-bytes);
            }
        }
        if (heap.isOver()) {
            for (var worst : worstFirst(clients, Holder::heapBytes)) {
                long bytes = worst.heapBytes();
                if (!heap.isOver() || bytes == 0) {
                    break;
                }
                worst.closeFor("has too many subscriptions or queued commands");
                measuredHeapBytes -= bytes;
                heap.count(-bytes);
            }
        }
    }

    /// Gives back all measured memory, because there are no clients any more.
    void forgetMeasured() {
        measure(List.of(), 0);
    }

    /// To be called regularly while the node reads. When clients wait for room, the largest clients
    /// that have room and make no progress are closed.
    void endWaiting(Collection<? extends Holder> clients) {
        if (waiting.isEmpty() && !direct.isOver()) {
            waited = 0;
            return;
        }
        if (++waited < PATIENCE) {
            return;
        }
        // Clients that wait themselves are closed only when their commands take more than half of
        // the share; otherwise unread replies may be what takes the room.
        if (closeLargest(clients, Holder::stuckBytes) == 0
                && clients.stream().mapToLong(Holder::inputBytes).sum() > direct.most() / 2) {
            closeLargest(clients, Holder::inputBytes);
        }
    }

    /// @return how many bytes that frees
    private long closeLargest(
            Collection<? extends Holder> clients, ToLongFunction<Holder> measure) {
        long wanted = Math.max(1, direct.most() / FREED_PART);
        long freed = 0;
        for (var worst : worstFirst(clients, measure)) {
            long bytes = measure.applyAsLong(worst);
            if (freed >= wanted || bytes == 0) {
                break;
            }
            freed += bytes;
            worst.closeFor("does not finish its command, and other clients wait for memory");
        }
        return freed;
    }

    /// The clients that use most first. A client that asked to be spared weighs less.
    static <H extends Holder> List<H> worstFirst(
            Collection<? extends H> clients, ToLongFunction<? super H> measure) {
        var holders = new ArrayList<H>(clients);
        holders.sort(
                Comparator.comparingLong((H holder) ->
                                measure.applyAsLong(holder)
                                        / (holder.isSpared() ? SPARED_WEIGHS : 1))
                        .reversed());
        return holders;
    }
}
