package dev.keepsake.front;

/// A large reply that is kept as it came until it may be sent. Owned by the node's event loop.
interface KeptReply {
    /// The number of bytes that are kept.
    long keptBytes();

    /// The reply is durable, and all replies before it have been sent: passes the kept bytes on.
    void release();

    /// The reply will never be sent.
    void drop();
}
