package dev.keepsake.log;

import dev.keepsake.core.Term;

/// How an append or a lease renewal ended. Only [Appended] and a refusal are certain; [Unknown] is
/// neither, and whoever gets it must behave as if both had happened.
public sealed interface AppendOutcome {
    /// Durable: the entry survives the loss of the process and, after `force`, of the machine's
    /// power.
    ///
    /// @param index the entry's index
    /// @param endOffset how many data bytes are now durable
    record Appended(long index, long endOffset) implements AppendOutcome {}

    /// Refused: a newer leadership exists. Nothing was appended, and nothing of this term ever will
    /// be.
    record Fenced(Term newer, String leader) implements AppendOutcome {}

    /// Refused: the bytes do not follow the end of the log, because an earlier append was refused.
    /// Nothing was appended.
    ///
    /// @param endOffset where the log really ends
    record Misplaced(long endOffset) implements AppendOutcome {}

    /// Refused: there is no room. Nothing was appended; the same bytes may be offered again.
    ///
    /// @param reason what is full, for people, naming the file or the bound
    record Full(String reason) implements AppendOutcome {}

    /// It may or may not be in the log. The term of the caller is over.
    record Unknown(Throwable cause) implements AppendOutcome {}
}
