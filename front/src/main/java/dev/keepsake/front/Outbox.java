package dev.keepsake.front;

import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/// The clients that are sent something at the end of the turn. Owned by the node's event loop; no
/// I/O of its own.
final class Outbox {
    private final BooleanSupplier mayTell;
    private final ArrayDeque<ReplyQueue> touched = new ArrayDeque<>();

    /// @param mayTell whether the lease holds
    Outbox(BooleanSupplier mayTell) {
        this.mayTell = mayTell;
    }

    /// The client of these replies has to be sent something. To be called once until the next
    /// [#flush].
    void add(ReplyQueue replies) {
        touched.addLast(replies);
    }

    boolean isEmpty() {
        return touched.isEmpty();
    }

    /// Removes the clients that match.
    void removeIf(Predicate<ReplyQueue> isGone) {
        touched.removeIf(isGone);
    }

    /// Writes the gathered replies to their clients. Replies that depend on data are written only
    /// while the lease holds: the lease was checked when each reply was released, but the process
    /// may have been suspended since. Clients that have to wait are served after the next renewal
    /// of the lease.
    ///
    /// The writing may let clients continue. Their commands are answered, and sent by another call
    /// of this method, before it returns.
    void flush() {
        if (touched.isEmpty()) {
            return;
        }
        boolean tells = mayTell.getAsBoolean();
        for (int left = touched.size(); left > 0; left--) {
            var replies = touched.pollFirst();
            if (replies == null) {
                return;
            }
            if (tells || !replies.hasToTell()) {
                replies.flush();
            } else {
                touched.addLast(replies);
            }
        }
    }
}
