package dev.keepsake.front;

/// What has become of a command that a client has given.
enum Taken {
    /// It was answered, or sent on to an engine.
    DONE,

    /// It was answered with an error of the front, and is not carried out.
    REFUSED,

    /// It waits for something else to finish: a reply under way, or a pause. Then it is processed
    /// again.
    WAITS
}
