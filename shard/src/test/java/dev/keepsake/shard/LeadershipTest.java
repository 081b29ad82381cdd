package dev.keepsake.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.Tail;
import dev.keepsake.shard.Leadership.Effect;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LeadershipTest {
    private static final LeaseTimings TIMINGS = LeaseTimings.standard();
    private static final Term FIRST = new Term(1);
    private static final Term SECOND = new Term(2);

    private long nowNs =
            TimeUnit.DAYS.toNanos(365); // an arbitrary origin, as the monotonic clock has
    private final Leadership leadership = new Leadership("n1", TIMINGS, nowNs);

    private static Tail tail(
            long index, Term term, String leader, long leaseIndex, long endOffset) {
        return new Tail(index, term, leader, leaseIndex, endOffset);
    }

    private void becomeLeader() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim(Term.NONE);
        leadership.onClaimed(new ClaimOutcome.Won(FIRST, 0), nowNs, nowNs);
        leadership.onPromoted();
    }

    private void pass(long ms) {
        nowNs += TimeUnit.MILLISECONDS.toNanos(ms);
    }

    @Test
    void aClaimWaitsUntilTheEngineHasAppliedTheWholeLog() {
        var tail = tail(7, FIRST, "n2", 7, 500);
        leadership.onProgress(tail, 499, nowNs);

        assertThat(leadership.wantClaim(FIRST)).isEmpty();
        assertThat(leadership.onProgress(tail, 500, nowNs)).containsExactly(new Effect.Claim(7));
    }

    @Test
    void whoIsToldToClaimAndHasSeenEverythingClaimsAtOnce() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);

        assertThat(leadership.wantClaim(Term.NONE)).containsExactly(new Effect.Claim(-1));
    }

    @Test
    void aClaimThatCameTooLateIsRepeatedOnceTheEngineHasCaughtUp() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim(Term.NONE);
        var newer = tail(3, Term.NONE, "", -1, 40);

        assertThat(leadership.onClaimed(new ClaimOutcome.Behind(newer), nowNs, nowNs)).isEmpty();
        assertThat(leadership.onProgress(newer, 39, nowNs)).isEmpty();
        assertThat(leadership.onProgress(newer, 40, nowNs)).containsExactly(new Effect.Claim(3));
    }

    @Test
    void theWishToLeadEndsWhenAnotherNodeHasWon() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim(Term.NONE);
        var others = tail(0, FIRST, "n2", 0, 0);

        leadership.onClaimed(new ClaimOutcome.Behind(others), nowNs, nowNs);

        assertThat(leadership.onProgress(others, 0, nowNs)).isEmpty();
        assertThat(leadership.state()).isEqualTo(Leadership.State.FOLLOWING);
    }

    @Test
    void whoHasResignedRepliesNoMoreAndFollowsUntilItIsToldToClaim() {
        becomeLeader();
        assertThat(leadership.mayReply(nowNs)).isTrue();
        var tail = tail(5, FIRST, "n1", 5, 90);
        leadership.resign(nowNs);

        assertThat(leadership.mayReply(nowNs)).isFalse();
        assertThat(leadership.state()).isEqualTo(Leadership.State.FOLLOWING);
        assertThat(leadership.onProgress(tail, 90, nowNs)).isEmpty();
        assertThat(leadership.onTick(tail, nowNs)).isEmpty();
        assertThat(leadership.wantClaim(FIRST)).containsExactly(new Effect.Claim(5));
    }

    @Test
    void whoHasResignedDoesNotClaimBeforeItsEngineFollows() {
        becomeLeader();
        leadership.onProgress(tail(5, FIRST, "n1", 5, 90), 90, nowNs);
        leadership.resign(nowNs);

        assertThat(leadership.wantClaim(FIRST)).isEmpty();
    }

    @Test
    void howARenewalEndsConcernsNobodyWhoHasResigned() {
        becomeLeader();
        leadership.resign(nowNs);
        var fenced = new AppendOutcome.Fenced(SECOND, "n2");

        assertThat(leadership.onRenewed(fenced, nowNs)).isEmpty();
        assertThat(leadership.onProgress(tail(9, SECOND, "n2", 9, 90), 90, nowNs)).isEmpty();
        assertThat(leadership.state()).isEqualTo(Leadership.State.FOLLOWING);
    }

    @Test
    void onlyALeaderResigns() {
        assertThatThrownBy(() -> leadership.resign(nowNs))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aFollowerClaimsByItselfWhenTheLeaderHasBeenSilentForLongEnough() {
        var tail = tail(4, FIRST, "n2", 4, 10);
        leadership.onProgress(tail, 10, nowNs);
        pass(2_499);
        assertThat(leadership.onTick(tail, nowNs)).isEmpty();
        pass(1);
        assertThat(leadership.onTick(tail, nowNs)).containsExactly(new Effect.Claim(4));
    }

    @Test
    void aRenewalThatIsSeenPutsTheClaimOff() {
        leadership.onProgress(tail(4, FIRST, "n2", 4, 10), 10, nowNs);
        pass(2_400);
        leadership.onTick(tail(5, FIRST, "n2", 5, 10), nowNs);
        pass(2_400);
        assertThat(leadership.onTick(tail(5, FIRST, "n2", 5, 10), nowNs)).isEmpty();
    }

    @Test
    void dataAloneIsNoSignOfLife() {
        leadership.onProgress(tail(4, FIRST, "n2", 4, 10), 10, nowNs);
        pass(2_400);
        leadership.onProgress(tail(5, FIRST, "n2", 4, 20), 20, nowNs);
        pass(100);
        assertThat(leadership.onTick(tail(5, FIRST, "n2", 4, 20), nowNs))
                .containsExactly(new Effect.Claim(5));
    }

    @Test
    void nothingIsToldBeforeTheEngineIsPromoted() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim(Term.NONE);
        assertThat(leadership.onClaimed(new ClaimOutcome.Won(FIRST, 0), nowNs, nowNs))
                .containsExactly(new Effect.Promote(FIRST));
        assertThat(leadership.mayReply(nowNs)).isFalse();

        leadership.onPromoted();

        assertThat(leadership.mayReply(nowNs)).isTrue();
    }

    @Test
    void aLeaderStopsReplyingOnceItsLeaseHasRunOut() {
        becomeLeader();
        pass(1_999);
        assertThat(leadership.mayReply(nowNs)).isTrue();
        pass(1);
        assertThat(leadership.mayReply(nowNs)).isFalse();
    }

    @Test
    void theLeaseCountsFromWhenTheRenewalWasSentNotFromWhenItBecameDurable() {
        becomeLeader();
        pass(500);
        long sentNs = nowNs;
        assertThat(leadership.onTick(tail(0, FIRST, "n1", 0, 0), nowNs))
                .containsExactly(new Effect.Renew(FIRST));
        pass(1_400);
        leadership.onRenewed(new AppendOutcome.Appended(1, 0), sentNs);
        pass(599);
        assertThat(leadership.mayReply(nowNs)).isTrue();
        pass(1);
        assertThat(leadership.mayReply(nowNs)).isFalse();
    }

    @Test
    void onlyOneRenewalIsUnderWay() {
        becomeLeader();
        pass(500);
        leadership.onTick(Tail.EMPTY, nowNs);
        pass(500);
        assertThat(leadership.onTick(Tail.EMPTY, nowNs)).isEmpty();
    }

    @Test
    void aFullLogDoesNotEndTheTermButTheLeaseIsNotLonger() {
        becomeLeader();
        pass(500);
        leadership.onTick(Tail.EMPTY, nowNs);
        assertThat(leadership.onRenewed(new AppendOutcome.Full("disk"), nowNs)).isEmpty();
        pass(1_500);
        assertThat(leadership.state()).isEqualTo(Leadership.State.LEADING);
        assertThat(leadership.mayReply(nowNs)).isFalse();
    }

    @Test
    void aLeaderThatSeesANewerTermRetires() {
        becomeLeader();
        assertThat(leadership.onTick(tail(9, SECOND, "n2", 9, 0), nowNs))
                .singleElement()
                .isInstanceOf(Effect.Retire.class);
        assertThat(leadership.mayReply(nowNs)).isFalse();
    }

    @Test
    void anUnknownOutcomeEndsTheTerm() {
        becomeLeader();
        var unknown = new AppendOutcome.Unknown(new IllegalStateException("timed out"));
        assertThat(leadership.onLost(unknown)).singleElement().isInstanceOf(Effect.Retire.class);
        assertThat(leadership.state()).isEqualTo(Leadership.State.RETIRED);
    }

    @Test
    void aTermThatIsWonAfterTheNodeRetiredIsNeverUsed() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim(Term.NONE);
        leadership.retire("its engine ended");

        assertThat(leadership.onClaimed(new ClaimOutcome.Won(FIRST, 0), nowNs, nowNs)).isEmpty();
        leadership.onPromoted();
        assertThat(leadership.mayReply(nowNs)).isFalse();
    }

    @Test
    void aLeaderThatSpeaksAgainIsNoLongerSilent() {
        leadership.onProgress(tail(4, FIRST, "n2", 4, 10), 9, nowNs);
        pass(2_500);
        assertThat(leadership.onTick(tail(4, FIRST, "n2", 4, 10), nowNs))
                .as("the engine has not applied everything")
                .isEmpty();
        var renewed = tail(5, FIRST, "n2", 5, 10);
        leadership.onTick(renewed, nowNs);
        pass(2_499);
        assertThat(leadership.onProgress(renewed, 10, nowNs)).isEmpty();
        pass(1);
        assertThat(leadership.onTick(renewed, nowNs)).containsExactly(new Effect.Claim(5));
    }

    @Test
    void aRenewalThatAClaimCameTooLateForCountsFromWhenItIsSeen() {
        leadership.onProgress(tail(4, FIRST, "n2", 4, 10), 10, nowNs);
        pass(2_500);
        leadership.onTick(tail(4, FIRST, "n2", 4, 10), nowNs);
        long sentNs = nowNs;
        var renewed = tail(5, FIRST, "n2", 5, 10);
        pass(2_000);
        leadership.onClaimed(new ClaimOutcome.Behind(renewed), sentNs, nowNs);
        pass(2_499);
        assertThat(leadership.onTick(renewed, nowNs)).isEmpty();
        pass(1);
        assertThat(leadership.onTick(renewed, nowNs)).containsExactly(new Effect.Claim(5));
    }

    @Test
    void aPictureOlderThanTheOneThatIsKnownChangesNothing() {
        leadership.onProgress(tail(5, FIRST, "n2", 5, 20), 20, nowNs);
        pass(2_500);
        assertThat(leadership.onTick(tail(4, FIRST, "n2", 4, 10), nowNs))
                .containsExactly(new Effect.Claim(5));
    }

    @Test
    void aClaimForWhichThereIsNoRoomIsRepeated() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim(Term.NONE);
        assertThat(leadership.onClaimed(new ClaimOutcome.Full("disk"), nowNs, nowNs)).isEmpty();
        assertThat(leadership.state()).isEqualTo(Leadership.State.FOLLOWING);

        assertThat(leadership.onProgress(Tail.EMPTY, 0, nowNs))
                .containsExactly(new Effect.Claim(-1));
    }

    @Test
    void whoClaimedBecauseOfASilenceWaitsForAnotherOneWhenThereIsNoRoom() {
        var seen = tail(0, FIRST, "n2", 0, 0);
        leadership.onProgress(seen, 0, nowNs);
        pass(2_500);
        assertThat(leadership.onTick(seen, nowNs)).containsExactly(new Effect.Claim(0));
        leadership.onClaimed(new ClaimOutcome.Full("disk"), nowNs, nowNs);

        pass(2_400);
        assertThat(leadership.onTick(seen, nowNs)).isEmpty();
        pass(100);
        assertThat(leadership.onTick(seen, nowNs)).containsExactly(new Effect.Claim(0));
    }

    @Test
    void aClaimThatMayHaveBeenWonIsNotUsed() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim(Term.NONE);
        var unknown = new ClaimOutcome.Unknown(new IllegalStateException("timed out"));
        assertThat(leadership.onClaimed(unknown, nowNs, nowNs))
                .containsExactly(
                        new Effect.Retire("the outcome of its claim is unknown: timed out"));
    }

    @Test
    void onlyOneClaimIsUnderWay() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim(Term.NONE);
        pass(10_000);

        assertThat(leadership.wantClaim(Term.NONE)).isEmpty();
        assertThat(leadership.onTick(Tail.EMPTY, nowNs)).isEmpty();
        assertThat(leadership.onProgress(Tail.EMPTY, 0, nowNs)).isEmpty();
        assertThat(leadership.state()).isEqualTo(Leadership.State.CLAIMING);
    }

    @Test
    void aTermThatIsKnownToBeOverDoesNotEndTheWish() {
        leadership.wantClaim(FIRST);
        var earlier = tail(7, FIRST, "n1", 7, 0);
        assertThat(leadership.onProgress(earlier, 0, nowNs)).containsExactly(new Effect.Claim(7));
    }

    /// In another process there may be a node of the same name.
    @Test
    void aNewerTermEndsTheWishWhoeverHoldsIt() {
        leadership.wantClaim(Term.NONE);
        var unknown = tail(7, FIRST, "n1", 7, 0);
        assertThat(leadership.onProgress(unknown, 0, nowNs)).isEmpty();
        pass(2_499);
        assertThat(leadership.onTick(unknown, nowNs)).isEmpty();
        pass(1);
        assertThat(leadership.onTick(unknown, nowNs)).containsExactly(new Effect.Claim(7));
    }

    @Test
    void whoHasSeenANewerTermThanTheOneThatIsOverIsNotToldToClaim() {
        var newer = tail(7, SECOND, "n2", 7, 0);
        leadership.onProgress(newer, 0, nowNs);
        assertThat(leadership.wantClaim(FIRST)).isEmpty();
        assertThat(leadership.onProgress(newer, 0, nowNs)).isEmpty();
        assertThat(leadership.wantClaim(SECOND)).containsExactly(new Effect.Claim(7));
    }

    @Test
    void aNodeThatIsFencedWhileItIsPromotedRetires() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim(Term.NONE);
        leadership.onClaimed(new ClaimOutcome.Won(FIRST, 0), nowNs, nowNs);
        assertThat(leadership.onTick(tail(0, FIRST, "n1", 0, 0), nowNs)).isEmpty();

        assertThat(leadership.onTick(tail(1, SECOND, "n2", 1, 0), nowNs))
                .containsExactly(new Effect.Retire("fenced by n2 in term 2"));
        leadership.onPromoted();
        assertThat(leadership.state()).isEqualTo(Leadership.State.RETIRED);
    }

    @Test
    void whoseLeaseRanOutDuringPromotionRepliesOnlyOnceItIsRenewed() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim(Term.NONE);
        leadership.onClaimed(new ClaimOutcome.Won(FIRST, 0), nowNs, nowNs);
        pass(2_000);
        leadership.onPromoted();
        assertThat(leadership.mayReply(nowNs)).isFalse();

        assertThat(leadership.onTick(tail(0, FIRST, "n1", 0, 0), nowNs))
                .containsExactly(new Effect.Renew(FIRST));
        leadership.onRenewed(new AppendOutcome.Appended(1, 0), nowNs);
        assertThat(leadership.mayReply(nowNs)).isTrue();
    }

    @Test
    void theLeaseIsRenewedAgainAndAgain() {
        becomeLeader();
        for (int i = 0; i < 5; i++) {
            pass(499);
            assertThat(leadership.onTick(Tail.EMPTY, nowNs)).isEmpty();
            pass(1);
            assertThat(leadership.onTick(Tail.EMPTY, nowNs))
                    .containsExactly(new Effect.Renew(FIRST));
            assertThat(leadership.onRenewed(new AppendOutcome.Appended(i, 0), nowNs)).isEmpty();
            assertThat(leadership.mayReply(nowNs)).isTrue();
        }
    }

    @Test
    void aRenewalThatIsRefusedOrUnknownEndsTheTerm() {
        becomeLeader();
        assertThat(leadership.onRenewed(new AppendOutcome.Fenced(SECOND, "n2"), nowNs))
                .containsExactly(new Effect.Retire("fenced by n2 in term 2"));
        assertThat(leadership.onRenewed(new AppendOutcome.Appended(1, 0), nowNs)).isEmpty();
        assertThat(leadership.mayReply(nowNs)).isFalse();

        var other = new Leadership("n3", TIMINGS, nowNs);
        other.onProgress(Tail.EMPTY, 0, nowNs);
        other.wantClaim(Term.NONE);
        other.onClaimed(new ClaimOutcome.Won(FIRST, 0), nowNs, nowNs);
        other.onPromoted();
        var unknown = new AppendOutcome.Unknown(new IllegalStateException("timed out"));
        assertThat(other.onRenewed(unknown, nowNs))
                .containsExactly(
                        new Effect.Retire("the outcome of an append is unknown: timed out"));
    }

    @Test
    void onlyWhatEndsATermCanLoseIt() {
        becomeLeader();
        var appended = new AppendOutcome.Appended(1, 0);
        assertThatThrownBy(() -> leadership.onLost(appended))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aTermIsKnownOnlyToWhoHoldsIt() {
        assertThatThrownBy(leadership::term).isInstanceOf(IllegalStateException.class);
        becomeLeader();
        assertThat(leadership.term()).isEqualTo(FIRST);
        leadership.retire("its engine ended");
        assertThatThrownBy(leadership::term).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whoHasRetiredDoesNothingMore() {
        leadership.retire("its engine ended");
        pass(10_000);

        assertThat(leadership.wantClaim(Term.NONE)).isEmpty();
        assertThat(leadership.onTick(Tail.EMPTY, nowNs)).isEmpty();
        assertThat(leadership.onProgress(Tail.EMPTY, 0, nowNs)).isEmpty();
        assertThat(leadership.onPromoted()).isEmpty();
        assertThat(leadership.state()).isEqualTo(Leadership.State.RETIRED);
    }

    @Test
    void whoHasNotWonIsNotPromoted() {
        leadership.onPromoted();
        assertThat(leadership.state()).isEqualTo(Leadership.State.FOLLOWING);
        assertThat(leadership.mayReply(nowNs)).isFalse();
    }

    @Test
    void retiringTwiceHappensOnce() {
        assertThat(leadership.retire("a")).hasSize(1);
        assertThat(leadership.retire("b")).isEmpty();
    }
}
