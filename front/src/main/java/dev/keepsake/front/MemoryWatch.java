package dev.keepsake.front;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;

/// Keeps what the clients of one node make the process hold within the node's share. Owned by the
/// node's event loop.
///
/// Commands that are not complete have their room before they arrive: who gets none is not read
/// until there is some. So those who were given room can finish. When clients have waited for a
/// while, those are closed who hold most and do not finish. What clients do not read, and what is
/// in the heap, is measured from time to time, and whoever holds most is closed while it is too
/// much.
final class MemoryWatch {
    /// A client, as far as it holds memory.
    interface Holder {
        /// What is held for a command that is not complete.
        long inputBytes();

        /// The same if it has begun that a while ago, has room for it and does not go on.
        long stuckBytes();

        /// What else is held in buffers: replies it does not read, commands its engine does not
        /// take.
        long otherBytes();

        /// What is held for it in the heap.
        long heapBytes();

        /// Whether it wants not to be closed for the sake of others.
        boolean isSpared();

        /// There may be room for what it waits for.
        void onRoom();

        /// Closes it.
        void closeFor(String reason);
    }

    /// How often it has to be measured in a row that clients wait, before some are closed for them.
    private static final int PATIENCE = 5;

    /// Who wants to be spared counts as if it held so many times less.
    private static final int SPARED_WEIGHS = 8;

    /// What part of the share is made free at once.
    private static final int FREED_PART = 8;

    private static final int UNMEASURED_PART = 16;

    private final Allowance.Share direct;
    private final Allowance.Share heap;
    private final Set<Holder> waiting = new LinkedHashSet<>();
    private long measuredBytes; // what was counted as other than input
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
    /// @return whether there is; if not, nothing has changed but that the client waits
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

    /// A client holds more than there was room for.
    void count(long bytes) {
        direct.count(bytes);
    }

    void forget(Holder client) {
        waiting.remove(client);
    }

    /// Lets those go on who have waited longest, as far as there is room.
    void giveRoom() {
        for (var next : List.copyOf(waiting)) {
            next.onRoom();
            if (waiting.contains(next)) {
                return;
            }
        }
    }

    /// So much more is on its way to clients, or was given to a lane.
    ///
    /// @return whether it is time to [#measure]
    boolean noteGrowth(long bytes) {
        unmeasuredBytes += bytes;
        return unmeasuredBytes > Math.max(1 << 20, direct.most() / UNMEASURED_PART);
    }

    /// So much more is in the heap for a client.
    ///
    /// @return whether it is time to [#measure]
    boolean noteHeapGrowth(long bytes) {
        unmeasuredHeapBytes += bytes;
        return unmeasuredHeapBytes > Math.max(1 << 20, heap.most() / UNMEASURED_PART);
    }

    /// Takes room in the heap for what waits for an answer and is no part of what a client holds:
    /// it stays when the client goes.
    ///
    /// @return whether there is room
    boolean takeHeap(long bytes) {
        return heap.take(bytes);
    }

    /// Gives back what [#takeHeap] took.
    void giveHeapBack(long bytes) {
        heap.count(-bytes);
    }

    /// Whether no more is to be asked of the engine that clients have to read first.
    boolean isOver() {
        return direct.isOver() || heap.isOver();
    }

    /// Finds out what is held, and closes those who hold most while it is too much.
    ///
    /// @param commonBytes what is held in buffers beside what single clients hold
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
            // What waits for the log is not theirs to take: the node does not read on until it has.
            long ofClients = others - commonBytes;
            for (var worst : worstFirst(clients, Holder::otherBytes)) {
                long bytes = worst.otherBytes();
                if (!direct.isOver()
                        || bytes == 0
                        || ofClients <= Math.max(commonBytes, direct.most() / 2)) {
                    break;
                }
                ofClients -= bytes;
                worst.closeFor("leaves too much unread");
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
                worst.closeFor("listens to too many channels, or queues too many commands");
                measuredHeapBytes -= bytes;
                heap.count(-bytes);
            }
        }
    }

    /// To be called regularly while the node reads. When clients wait for room that others hold who
    /// do not go on, the largest of these are closed.
    void endWaiting(Collection<? extends Holder> clients) {
        if (waiting.isEmpty() && !direct.isOver()) {
            waited = 0;
            return;
        }
        if (++waited < PATIENCE) {
            return;
        }
        // Of those who wait themselves only when they hold all that there is: what others do not
        // read
        // may be what is missing.
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
            worst.closeFor("does not finish its command, and others wait for memory");
        }
        return freed;
    }

    /// Those who hold most first. Who wants to be spared weighs less.
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
