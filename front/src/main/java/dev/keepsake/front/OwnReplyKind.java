package dev.keepsake.front;

/// What becomes of a reply that comes over an [OwnLane]. No reply is judged by the keys of its
/// command, as those over a shared lane are ([ExpectedReplies.Kind]).
enum OwnReplyKind {
    /// It is nobody's.
    INTERNAL,
    /// It is nobody's, and says what the engine calls this lane.
    ID,
    /// It tells nothing of the data: the answers to MULTI and to what is queued.
    NOW,
    /// It waits for the next barrier, and the keys written up to here with it.
    WAIT,
    /// The same, though it looks like the engine's own words: it is up to a script what it says.
    SCRIPT,
    /// As WAIT, unless it says no more than that all is well: of WATCH, UNWATCH and DISCARD, which
    /// the engine answers even while a script keeps it from answering a barrier.
    WAIT_IF_NOT_OK,
    /// As WAIT, and the front looks into it or puts its own words in.
    CHANGED,
    /// It is nobody's, and should it be an error, EXEC will say so.
    NOBODYS,
    /// The front's own error stands in its place.
    REPLACED,
    /// It is nobody's. Whatever comes before it is of the lane's last client and nobody's too.
    RESET
}
