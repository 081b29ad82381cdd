package dev.keepsake.front;

/// What becomes of a reply that comes over an [OwnLane]. Unlike over a shared lane
/// ([ExpectedReplies.Kind]), no reply depends on whether the keys of its command are clean.
enum OwnReplyKind {
    /// The front's own question; no client gets the reply.
    INTERNAL,
    /// The front's own question: the engine's number of this lane.
    ID,
    /// It reveals no data: the replies to MULTI and to queued commands.
    NOW,
    /// It waits for the next barrier, and so do the keys that were written before it.
    WAIT,
    /// The same, even if it looks like an answer of the engine itself, because a script decides its
    /// text.
    SCRIPT,
    /// As WAIT, unless it is OK: the replies to WATCH, UNWATCH and DISCARD, which the engine sends
    /// even while a script keeps it from answering a barrier.
    WAIT_IF_NOT_OK,
    /// As WAIT, and the front reads it or changes it.
    CHANGED,
    /// No client gets it; if it is an error, EXEC reports that.
    NOBODYS,
    /// The front's own error takes its place.
    REPLACED,
    /// No client gets it. Every reply before it is for the lane's last client, and no client gets
    /// that either.
    RESET
}
