package dev.keepsake.log;

import dev.keepsake.core.Term;

/// How an append or a lease renewal ended. [Appended] and the refusals are certain. [Unknown] is
/// neither: the caller must be prepared for both, that the entry is in the log and that it is not.
public sealed interface AppendOutcome {
    /// The entry is durable: it survives the end of the process and a loss of the machine's power.
    record Appended(long index, long endOffset) implements AppendOutcome {}

    /// Refused: a newer term exists. Nothing was appended, and nothing of the caller's term will
    /// ever be appended.
    ///
    /// @param newer the newest term of the log
    /// @param leader the node that holds or held it
    record Fenced(Term newer, String leader) implements AppendOutcome {}

    /// Refused: the entry's offset is not the end of the log, because an earlier append was
    /// refused. Nothing was appended.
    ///
    /// @param endOffset the end of the log, in bytes
    record Misplaced(long endOffset) implements AppendOutcome {}

    /// Refused: there is no room. Nothing was appended, and the same bytes may be appended later.
    ///
    /// @param reason what is full, for people; it names the file or the bound
    record Full(String reason) implements AppendOutcome {}

    /// The entry may or may not be in the log. The caller's term is over.
    record Unknown(Throwable cause) implements AppendOutcome {}
}
