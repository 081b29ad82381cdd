package dev.keepsake.api;

/// An answer that goes on until one side ends its connection. Owned by the event loop.
interface HttpStream {
    /// Whether the client's system has taken everything that was sent. Otherwise nothing may be
    /// sent, so no more than one message waits in memory.
    boolean isTaken();

    /// Sends bytes, which must not be changed from now on.
    void send(byte[] bytes);

    /// Ends the stream. Idempotent.
    void end();

    /// Calls `action` once, when the stream has ended for whatever reason.
    void whenEnded(Runnable action);
}
