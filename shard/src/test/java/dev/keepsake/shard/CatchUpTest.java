package dev.keepsake.shard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CatchUpTest {
    private static final long WITHIN_NS = 100;

    private final CatchUp catchUp = new CatchUp(WITHIN_NS);

    @Test
    void aReplicaHasCaughtUpOnceItHasAppliedInTimeWhatTheLogHeld() {
        assertThat(catchUp.note(1_000, 400, -7_000)).isFalse(); // a clock may show anything
        assertThat(catchUp.note(1_200, 999, -6_950)).isFalse();
        assertThat(catchUp.note(1_300, 1_000, -6_900)).isTrue();
    }

    @Test
    void whatTookTooLongIsMeasuredAgainFromTheNewEnd() {
        catchUp.note(1_000, 400, 0);
        assertThat(catchUp.note(2_000, 1_000, WITHIN_NS + 1)).isFalse();
        assertThat(catchUp.note(2_500, 1_999, WITHIN_NS + 2)).isFalse();
        assertThat(catchUp.note(2_600, 2_000, 2 * WITHIN_NS + 1)).isTrue();
    }

    @Test
    void whoHasAppliedEverythingHasCaughtUpHoweverLongItTook() {
        catchUp.note(1_000, 400, 0);
        assertThat(catchUp.note(1_000, 1_000, 1_000_000)).isTrue();
    }

    @Test
    void aReplicaCatchesUpOnce() {
        catchUp.note(0, 0, 0);
        assertThat(catchUp.note(0, 0, 1)).isTrue();
        assertThat(catchUp.note(0, 0, 2)).isFalse();
    }

    @Test
    void anEngineThatKnowsOfNoOffsetHasNotCaughtUp() {
        assertThat(catchUp.note(0, -1, 0)).isFalse();
        assertThat(catchUp.note(0, -1, 1)).isFalse();
        assertThat(catchUp.note(0, 0, 2)).as("the goal is set").isFalse();
        assertThat(catchUp.note(0, 0, 3)).isTrue();
    }

    @Test
    void whoFollowsAgainHasToCatchUpAgain() {
        catchUp.note(0, 0, 0);
        catchUp.note(0, 0, 1);
        catchUp.beginAgain();
        assertThat(catchUp.note(1_000, 0, 2)).isFalse();
        assertThat(catchUp.note(1_500, 1_000, 3)).isTrue();
    }
}
