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

    /// What a client is to be sent has grown. To be called once until it is flushed.
    void add(ReplyQueue replies) {
        touched.addLast(replies);
    }

    boolean isEmpty() {
        return touched.isEmpty();
    }

    /// Forgets those of whom this is true.
    void removeIf(Predicate<ReplyQueue> isGone) {
        touched.removeIf(isGone);
    }

    /// Sends what has gathered for each client: what tells of the data while the lease holds. The
    /// lease was asked when each reply was taken, but this is the moment when they leave, and the
    /// process may have stood still in between. Who is held back is sent the rest when the lease is
    /// longer again.
    ///
    /// To send may let clients go on, whose commands are answered and sent by another call of this
    /// one before it is over.
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
