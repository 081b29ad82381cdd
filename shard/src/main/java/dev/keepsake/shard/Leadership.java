package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkState;

import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.Tail;
import java.util.List;

/// One node's part in the leadership of its shard, for the life of one engine: a state machine
/// without I/O. Events and `nowNs` go in, effects come out. Owned by one thread, the node's event
/// loop.
///
/// The log decides which node leads (see [dev.keepsake.log.TransactionLog#claim]). This class
/// decides when the node claims, and how long it may rely on a claim that it has won.
///
/// | state | means | left by |
/// | --- | --- | --- |
/// | FOLLOWING | the engine follows the log | asked to claim after a term that is over, or the leader fell silent; in both cases once the engine has applied the whole log → CLAIMING |
/// | CLAIMING | a claim is under way | won → PROMOTING; behind or no room → FOLLOWING; unknown → RETIRED |
/// | PROMOTING | the node holds the term, its engine is being made a primary | promoted → LEADING; fenced → RETIRED |
/// | LEADING | commands run, the lease is renewed | fenced, unknown outcome → RETIRED; resigned, with everything in the log → FOLLOWING |
/// | RETIRED | the engine may hold data that is not in the log, so no reply of it may be sent | never: a new engine gets a new `Leadership` |
final class Leadership {
    enum State {
        FOLLOWING,
        CLAIMING,
        PROMOTING,
        LEADING,
        RETIRED
    }

    /// An action that the caller has to take.
    sealed interface Effect {
        /// Claim with this tail. Report the outcome to [#onClaimed], with the time of the claim.
        record Claim(long expectedTailIndex) implements Effect {}

        /// Make the engine a primary and read its stream. Report it to [#onPromoted].
        record Promote(Term term) implements Effect {}

        /// Append a LEASE entry. Report the outcome to [#onRenewed], with the time of the append.
        record Renew(Term term) implements Effect {}

        /// Discard the engine. Parked replies are never sent.
        record Retire(String reason) implements Effect {}
    }

    private static final List<Effect> NOTHING = List.of();

    private final String node;
    private final LeaseTimings timings;

    private State state = State.FOLLOWING;
    private Term term = Term.NONE;
    private boolean claimWanted;
    private Term termOver = Term.NONE;
    private Tail tail = Tail.EMPTY;
    private long appliedOffset = -1;
    private long lastSignOfLifeNs;
    private long leaseUntilNs;
    private long lastRenewalSentNs;
    private boolean renewalUnderWay;

    Leadership(String node, LeaseTimings timings, long nowNs) {
        this.node = node;
        this.timings = timings;
        this.lastSignOfLifeNs = nowNs;
        this.leaseUntilNs = nowNs;
    }

    State state() {
        return state;
    }

    /// The term that this node leads or is about to lead.
    Term term() {
        checkState(
                state == State.PROMOTING || state == State.LEADING,
                "%s has no term while %s",
                node,
                state);
        return term;
    }

    /// Whether a reply may be sent at `nowNs`: the node leads and its lease has not run out.
    boolean mayReply(long nowNs) {
        return state == State.LEADING && nowNs - leaseUntilNs < 0;
    }

    /// Asks the node to claim as soon as its engine has applied the whole log. The request ends
    /// when the log shows a newer term than `over`, because the leader of that term may be
    /// replying.
    ///
    /// @param over the newest term that is certainly over; the caller vouches for it
    List<Effect> wantClaim(Term over) {
        if (state != State.FOLLOWING || tail.term().isNewerThan(over)) {
            return NOTHING;
        }
        claimWanted = true;
        termOver = over;
        return claimIfCaughtUp(false);
    }

    /// Reports that the leader is about to start. It counts as a sign of life.
    void leaderIsComing(long nowNs) {
        lastSignOfLifeNs = nowNs;
    }

    /// Reports the tail of the log and the engine's applied offset, both read just now, the tail
    /// first.
    List<Effect> onProgress(Tail seen, long engineOffset, long nowNs) {
        noteTail(seen, nowNs);
        appliedOffset = engineOffset;
        return state == State.FOLLOWING ? claimIfCaughtUp(isSilent(nowNs)) : stepDownIfFenced();
    }

    /// Reports that time has passed, with the present tail.
    List<Effect> onTick(Tail seen, long nowNs) {
        noteTail(seen, nowNs);
        return switch (state) {
            case FOLLOWING -> claimIfCaughtUp(isSilent(nowNs));
            case LEADING -> {
                var fenced = stepDownIfFenced();
                if (!fenced.isEmpty()) {
                    yield fenced;
                }
                if (renewalUnderWay || nowNs - lastRenewalSentNs < timings.renewEveryNs()) {
                    yield NOTHING;
                }
                renewalUnderWay = true;
                lastRenewalSentNs = nowNs;
                yield List.of(new Effect.Renew(term));
            }
            case PROMOTING -> stepDownIfFenced();
            case CLAIMING, RETIRED -> NOTHING;
        };
    }

    /// Reports the outcome of the claim that was sent at `sentNs`. The lease of a won claim counts
    /// from `sentNs`. If another leader has won, its sign of life counts from `nowNs`.
    List<Effect> onClaimed(ClaimOutcome outcome, long sentNs, long nowNs) {
        if (state != State.CLAIMING) {
            return NOTHING; // retired meanwhile: a won term stays unused
        }
        return switch (outcome) {
            case ClaimOutcome.Won(Term won, long _) -> {
                state = State.PROMOTING;
                term = won;
                claimWanted = false;
                leaseUntilNs = sentNs + timings.leaseNs();
                lastRenewalSentNs = sentNs;
                yield List.of(new Effect.Promote(won));
            }
            case ClaimOutcome.Behind(Tail newer) -> {
                state = State.FOLLOWING;
                noteTail(newer, nowNs);
                yield NOTHING; // the request stays, unless another node has won
            }
            case ClaimOutcome.Full _ -> {
                state = State.FOLLOWING;
                if (!claimWanted) {
                    // The leader may have been silent because the log has no room. It gets the
                    // first try when there is room again.
                    lastSignOfLifeNs = nowNs;
                }
                yield NOTHING; // a requested claim is repeated at the next progress report
            }
            case ClaimOutcome.Unknown(Throwable cause) ->
                    retire("the outcome of its claim is unknown: " + cause.getMessage());
        };
    }

    /// Reports that the engine is a primary and that its stream is being read.
    List<Effect> onPromoted() {
        if (state == State.PROMOTING) {
            state = State.LEADING;
        }
        return NOTHING;
    }

    /// Reports the outcome of the renewal that was sent at `sentNs`. An unknown outcome ends the
    /// term, even if the entry may be in the log.
    List<Effect> onRenewed(AppendOutcome outcome, long sentNs) {
        renewalUnderWay = false;
        if (state != State.LEADING) {
            return NOTHING;
        }
        return switch (outcome) {
            case AppendOutcome.Appended _ -> {
                leaseUntilNs = sentNs + timings.leaseNs();
                yield NOTHING;
            }
            // There is no room now: the lease is not extended, and replies stop when it runs out.
            case AppendOutcome.Full _, AppendOutcome.Misplaced _ -> NOTHING;
            case AppendOutcome.Fenced _, AppendOutcome.Unknown _ -> onLost(outcome);
        };
    }

    /// Reports an outcome of an append of data that ends the term: fenced or unknown.
    List<Effect> onLost(AppendOutcome outcome) {
        return retire(
                switch (outcome) {
                    case AppendOutcome.Fenced(Term newer, String leader) ->
                            "fenced by %s in term %d".formatted(leader, newer.number());
                    case AppendOutcome.Unknown(Throwable cause) ->
                            "the outcome of an append is unknown: " + cause.getMessage();
                    case AppendOutcome.Appended _,
                            AppendOutcome.Full _,
                            AppendOutcome.Misplaced _ ->
                            throw new IllegalArgumentException(outcome + " does not end a term");
                });
    }

    /// Gives up the term. The engine is a replica again, and the log holds everything that it has
    /// executed. The node follows like any other, and may claim again at once when it is asked.
    void resign(long nowNs) {
        checkState(state == State.LEADING, "%s resigns while %s", node, state);
        state = State.FOLLOWING;
        term = Term.NONE;
        claimWanted = false;
        appliedOffset = -1;
        lastSignOfLifeNs = nowNs;
        leaseUntilNs = nowNs;
    }

    /// Ends the engine's life, for a reason from outside.
    List<Effect> retire(String reason) {
        if (state == State.RETIRED) {
            return NOTHING;
        }
        state = State.RETIRED;
        claimWanted = false;
        return List.of(new Effect.Retire(reason));
    }

    private void noteTail(Tail seen, long nowNs) {
        if (seen.index() < tail.index()) {
            return; // older than the known tail
        }
        if (seen.leaseIndex() > tail.leaseIndex()) {
            lastSignOfLifeNs = nowNs;
        }
        if (seen.term().isNewerThan(termOver)) {
            claimWanted = false;
        }
        tail = seen;
    }

    /// Whether the leader has shown no sign of life for so long that its lease is certainly over.
    /// Asked again each time: a leader that has shown one meanwhile may be replying.
    private boolean isSilent(long nowNs) {
        return nowNs - lastSignOfLifeNs >= timings.claimAfterNs();
    }

    private List<Effect> claimIfCaughtUp(boolean leaderIsSilent) {
        boolean due = claimWanted || leaderIsSilent;
        if (!due || state != State.FOLLOWING || appliedOffset != tail.endOffset()) {
            return NOTHING;
        }
        state = State.CLAIMING;
        return List.of(new Effect.Claim(tail.index()));
    }

    private List<Effect> stepDownIfFenced() {
        boolean mine = state == State.PROMOTING || state == State.LEADING;
        if (mine && tail.term().isNewerThan(term)) {
            return onLost(new AppendOutcome.Fenced(tail.term(), tail.leader()));
        }
        return NOTHING;
    }
}
