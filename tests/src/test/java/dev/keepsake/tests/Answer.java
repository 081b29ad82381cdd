package dev.keepsake.tests;

/// What a client knows of a command that it wanted executed.
sealed interface Answer {
    /// It was executed, and this is the reply as [Wire] shows it.
    record Reply(String text) implements Answer {}

    /// It was not executed, and never will be.
    record Refused(String why) implements Answer {}

    /// There was no reply: it may have been executed, or will be, or not.
    record Unknown(String why) implements Answer {}
}
