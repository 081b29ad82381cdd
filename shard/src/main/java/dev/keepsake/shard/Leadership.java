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
/// The log decides who leads (see [dev.keepsake.log.TransactionLog#claim]); this machine decides
/// when to ask, and when to stop believing the answer.
///
/// | state | means | left by |
/// | --- | --- | --- |
/// | FOLLOWING | the engine follows the log | told to claim behind a term that is over, or the leader fell silent, once the engine has applied the whole log → CLAIMING |
/// | CLAIMING | a claim is under way | won → PROMOTING; behind or no room → FOLLOWING; unknown → RETIRED |
/// | PROMOTING | the term is ours, the engine is made a primary | promoted → LEADING; fenced → RETIRED |
/// | LEADING | commands run, the lease is renewed | fenced, unknown outcome → RETIRED; resigned, with everything in the log → FOLLOWING |
/// | RETIRED | the engine may hold what the log does not: nothing of it may be told any more | never: a new engine brings a new machine |
final class Leadership {
    enum State {
        FOLLOWING,
        CLAIMING,
        PROMOTING,
        LEADING,
        RETIRED
    }

    /// What the driver has to do next.
    sealed interface Effect {
        /// Claim; report the outcome to [#onClaimed] with the time of the call.
        record Claim(long expectedTailIndex) implements Effect {}

        /// Make the engine a primary and read its stream; report to [#onPromoted].
        record Promote(Term term) implements Effect {}

        /// Append a LEASE entry; report the outcome to [#onRenewed] with the time of the call.
        record Renew(Term term) implements Effect {}

        /// Throw the engine away; parked replies are never sent.
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

    /// Whether a reply may leave now: the node leads and its lease has not run out.
    boolean mayReply(long nowNs) {
        return state == State.LEADING && nowNs - leaseUntilNs < 0;
    }

    /// Asks for leadership as soon as the engine has applied the whole log. The wish ends when the
    /// log shows a newer term: whoever holds that may be replying.
    ///
    /// @param over the newest term that somebody knows to be over, who can know
    List<Effect> wantClaim(Term over) {
        if (state != State.FOLLOWING || tail.term().isNewerThan(over)) {
            return NOTHING;
        }
        claimWanted = true;
        termOver = over;
        return claimIfCaughtUp(false);
    }

    /// Somebody who can know says that the leader is on its way: as good as a sign of life.
    void leaderIsComing(long nowNs) {
        lastSignOfLifeNs = nowNs;
    }

    /// The log's tail and the engine's position, both read just now, the tail first.
    List<Effect> onProgress(Tail seen, long engineOffset, long nowNs) {
        noteTail(seen, nowNs);
        appliedOffset = engineOffset;
        return state == State.FOLLOWING ? claimIfCaughtUp(isSilent(nowNs)) : stepDownIfFenced();
    }

    /// Time passes.
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

    /// How the claim that was sent at `sentNs` ended. A lease that is won counts from then; a
    /// leader that has won instead is known to live only now.
    List<Effect> onClaimed(ClaimOutcome outcome, long sentNs, long nowNs) {
        if (state != State.CLAIMING) {
            return NOTHING; // retired meanwhile: a term that was won is simply never used
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
                yield NOTHING; // wanted as before, unless another node has won
            }
            case ClaimOutcome.Full _ -> {
                state = State.FOLLOWING;
                if (!claimWanted) {
                    // The leader was silent because the log has no room for anybody. It goes first
                    // when there is room again.
                    lastSignOfLifeNs = nowNs;
                }
                yield NOTHING; // who was told to claim asks again at the next progress report
            }
            case ClaimOutcome.Unknown(Throwable cause) ->
                    retire("the outcome of its claim is unknown: " + cause.getMessage());
        };
    }

    /// The engine is a primary and its stream is being read.
    List<Effect> onPromoted() {
        if (state == State.PROMOTING) {
            state = State.LEADING;
        }
        return NOTHING;
    }

    /// How the renewal that was sent at `sentNs` ended. Any outcome that was ever in doubt ends the
    /// term.
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
            // No room now: the lease simply is not longer; replies stop when it runs out.
            case AppendOutcome.Full _, AppendOutcome.Misplaced _ -> NOTHING;
            case AppendOutcome.Fenced _, AppendOutcome.Unknown _ -> onLost(outcome);
        };
    }

    /// An append of data ended in a way that ends the term.
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

    /// The engine is a replica again, and the log holds everything that it has ever executed: the
    /// term is given up, and the node follows like any other. Whoever is told to claim may do so at
    /// once.
    void resign(long nowNs) {
        checkState(state == State.LEADING, "%s resigns while %s", node, state);
        state = State.FOLLOWING;
        term = Term.NONE;
        claimWanted = false;
        appliedOffset = -1;
        lastSignOfLifeNs = nowNs;
        leaseUntilNs = nowNs;
    }

    /// The engine is gone or of no use, for a reason from outside.
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
            return; // an older picture than the one we have
        }
        if (seen.leaseIndex() > tail.leaseIndex()) {
            lastSignOfLifeNs = nowNs;
        }
        if (seen.term().isNewerThan(termOver)) {
            claimWanted = false;
        }
        tail = seen;
    }

    /// Whether the leader has shown no sign of life for so long that its lease is surely over.
    /// Asked anew each time: one that has spoken meanwhile may be replying.
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
