package dev.keepsake.front;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.concurrent.atomic.AtomicLong;

/// How much of something the clients of all nodes of a process may use together: bytes, or
/// connections. What the process needs for itself is not part of it. May be called from any thread.
///
/// The share of a node is not fixed: a node may use a multiple of what is free. So one node alone
/// may use most of the whole, but never all of it, and the more other nodes use, the smaller is its
/// share. Whatever the clients of one node do, a node that uses little gets more. (Choudhury and
/// Hahne, "Dynamic queue length thresholds for shared-memory packet switches", 1998.)
public final class Allowance {
    private static final int ALWAYS_PART = 64;

    private final long whole;
    private final int timesFree;
    private final AtomicLong held = new AtomicLong();

    /// @param whole how much all nodes may use together
    /// @param timesFree the multiple of the free part that one node may use
    public Allowance(long whole, int timesFree) {
        checkArgument(whole > 0, "an allowance of %d", whole);
        checkArgument(timesFree > 0, "shares of %d times what is free", timesFree);
        this.whole = whole;
        this.timesFree = timesFree;
    }

    /// A share for one more node, which uses nothing yet.
    Share share() {
        return new Share();
    }

    private long mostFor(long heldByAll) {
        return Math.max(whole / ALWAYS_PART, timesFree * (whole - heldByAll));
    }

    /// What one node uses. Owned by the node's event loop.
    final class Share {
        private long mine;

        /// Adds to the use, or, when negative, subtracts from it, also beyond the limit: it is in
        /// use already.
        void count(long more) {
            mine += more;
            held.addAndGet(more);
        }

        /// Adds to the use if the limit allows it.
        boolean take(long more) {
            boolean fits = mine + more <= mostFor(held.get() + more);
            if (fits) {
                count(more);
            }
            return fits;
        }

        /// Whether the node uses more than its present limit.
        boolean isOver() {
            return mine > most();
        }

        /// The present limit of the node, including what it uses.
        long most() {
            return mostFor(held.get());
        }

        long held() {
            return mine;
        }
    }
}
