package dev.keepsake.shard;

import static org.assertj.core.api.Assertions.assertThat;

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
        leadership.wantClaim();
        leadership.onClaimed(new ClaimOutcome.Won(FIRST, 0), nowNs);
        leadership.onPromoted();
    }

    private void pass(long ms) {
        nowNs += TimeUnit.MILLISECONDS.toNanos(ms);
    }

    @Test
    void aClaimWaitsUntilTheEngineHasAppliedTheWholeLog() {
        var tail = tail(7, FIRST, "n2", 7, 500);
        leadership.onProgress(tail, 499, nowNs);

        assertThat(leadership.wantClaim()).isEmpty();
        assertThat(leadership.onProgress(tail, 500, nowNs)).containsExactly(new Effect.Claim(7));
    }

    @Test
    void whoIsToldToClaimAndHasSeenEverythingClaimsAtOnce() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);

        assertThat(leadership.wantClaim()).containsExactly(new Effect.Claim(-1));
    }

    @Test
    void aClaimThatCameTooLateIsRepeatedOnceTheEngineHasCaughtUp() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim();
        var newer = tail(3, Term.NONE, "", -1, 40);

        assertThat(leadership.onClaimed(new ClaimOutcome.Behind(newer), nowNs)).isEmpty();
        assertThat(leadership.onProgress(newer, 39, nowNs)).isEmpty();
        assertThat(leadership.onProgress(newer, 40, nowNs)).containsExactly(new Effect.Claim(3));
    }

    @Test
    void theWishToLeadEndsWhenAnotherNodeHasWon() {
        leadership.onProgress(Tail.EMPTY, 0, nowNs);
        leadership.wantClaim();
        var others = tail(0, FIRST, "n2", 0, 0);

        leadership.onClaimed(new ClaimOutcome.Behind(others), nowNs);

        assertThat(leadership.onProgress(others, 0, nowNs)).isEmpty();
        assertThat(leadership.state()).isEqualTo(Leadership.State.FOLLOWING);
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
        leadership.wantClaim();
        assertThat(leadership.onClaimed(new ClaimOutcome.Won(FIRST, 0), nowNs))
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
        leadership.wantClaim();
        leadership.retire("its engine ended");

        assertThat(leadership.onClaimed(new ClaimOutcome.Won(FIRST, 0), nowNs)).isEmpty();
        leadership.onPromoted();
        assertThat(leadership.mayReply(nowNs)).isFalse();
    }

    @Test
    void retiringTwiceHappensOnce() {
        assertThat(leadership.retire("a")).hasSize(1);
        assertThat(leadership.retire("b")).isEmpty();
    }
}
