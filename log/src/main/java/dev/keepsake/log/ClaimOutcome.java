package dev.keepsake.log;

import dev.keepsake.core.Term;

/// How a claim of leadership ended.
public sealed interface ClaimOutcome {
    /// The LEADER entry is durable and `term` is the claimant's; every older term is fenced.
    record Won(Term term, long index) implements ClaimOutcome {}

    /// Refused: the log goes on beyond what the claimant had seen. It may catch up and claim again.
    record Behind(Tail tail) implements ClaimOutcome {}

    /// Refused: there is no room for the LEADER entry.
    record Full(String reason) implements ClaimOutcome {}

    /// The LEADER entry may or may not be in the log. The claimant reads on to learn which.
    record Unknown(Throwable cause) implements ClaimOutcome {}
}
