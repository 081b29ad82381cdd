package dev.keepsake.front;

/// A large reply that is kept as it came until it may be sent. Owned by the node's event loop.
interface KeptReply {
    /// How much of it is kept.
    long keptBytes();

    /// It is durable, and its turn: hands over what is kept.
    void release();

    /// It will never leave.
    void drop();
}
