package dev.keepsake.front;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.concurrent.atomic.AtomicLong;

/// How much of something the clients of all nodes of a process may make it hold together: bytes, or
/// connections. What the process needs for itself is beyond it. Any thread.
///
/// Each node has a share that is no fixed part. A node may hold so many times what is free for
/// everybody: alone it comes to most of the whole, but never to all of it, and the more nodes hold
/// much, the less each of them may. So whatever the clients of one node do, a node that holds
/// little is given more. (Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory
/// packet switches", 1998.)
public final class Allowance {
    private static final int ALWAYS_PART = 64;

    private final long whole;
    private final int timesFree;
    private final AtomicLong held = new AtomicLong();

    /// @param whole how much all nodes may hold together
    /// @param timesFree how many times what is free one of them may hold
    public Allowance(long whole, int timesFree) {
        checkArgument(whole > 0, "an allowance of %d", whole);
        checkArgument(timesFree > 0, "shares of %d times what is free", timesFree);
        this.whole = whole;
        this.timesFree = timesFree;
    }

    /// A share for one more node, which holds nothing yet.
    Share share() {
        return new Share();
    }

    private long mostFor(long heldByAll) {
        return Math.max(whole / ALWAYS_PART, timesFree * (whole - heldByAll));
    }

    /// What one node holds. Owned by the node's event loop.
    final class Share {
        private long mine;

        /// Counts more, or, when negative, less, whether it fits or not: it is there.
        void count(long more) {
            mine += more;
            held.addAndGet(more);
        }

        /// Counts more if it fits.
        boolean take(long more) {
            boolean fits = mine + more <= mostFor(held.get() + more);
            if (fits) {
                count(more);
            }
            return fits;
        }

        /// Whether the node holds more than it may at present.
        boolean isOver() {
            return mine > most();
        }

        /// How much the node may hold at present, with what it holds.
        long most() {
            return mostFor(held.get());
        }

        long held() {
            return mine;
        }
    }
}
