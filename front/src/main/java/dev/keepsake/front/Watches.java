package dev.keepsake.front;

/// The keys that one client has named in WATCH. The engine watches them; this class knows that it
/// does. Owned by the node's event loop; no I/O.
final class Watches {
    private int keys;
    private boolean unseen;

    /// The engine watches this many keys more.
    void add(int count) {
        keys += count;
    }

    /// Keys are watched while no engine serves, so their changes cannot be seen. Until EXEC or
    /// UNWATCH they count as changed.
    void addUnseen() {
        unseen = true;
    }

    /// The transaction that checks them has ended, or the client has said UNWATCH or RESET.
    void end() {
        keys = 0;
        unseen = false;
    }

    /// Ends the watches that began while no engine served.
    void endUnseen() {
        unseen = false;
    }

    /// Whether the engine watches keys for this client.
    boolean isOn() {
        return keys > 0;
    }

    /// How many keys the engine watches, a key that was named twice counted twice.
    int count() {
        return keys;
    }

    /// Whether keys may have changed unseen.
    boolean areUnseen() {
        return unseen;
    }
}
