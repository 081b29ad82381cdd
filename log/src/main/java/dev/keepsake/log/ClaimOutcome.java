package dev.keepsake.log;

import dev.keepsake.core.Term;

/// How a claim of leadership ended.
public sealed interface ClaimOutcome {
    /// The LEADER entry is durable and `term` belongs to the claimant. Every older term is fenced.
    record Won(Term term, long index) implements ClaimOutcome {}

    /// Refused: the log has entries that the claimant had not seen. The claimant may read them and
    /// claim again.
    record Behind(Tail tail) implements ClaimOutcome {}

    /// Refused: there is no room for the LEADER entry. Nothing was appended.
    record Full(String reason) implements ClaimOutcome {}

    /// The LEADER entry may or may not be in the log. The claimant learns which by reading on.
    record Unknown(Throwable cause) implements ClaimOutcome {}
}
