package dev.keepsake.shard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DelayLineTest {
    @Test
    void whatWasThereBeforeIsVisibleAtOnce() {
        assertThat(new DelayLine(200, 41).visibleIndex(0)).isEqualTo(41);
    }

    @Test
    void anEntryIsVisibleOnceItsDelayHasPassedAndNotBefore() {
        var line = new DelayLine(200, -1);
        line.committed(0, 1_000);

        assertThat(line.visibleIndex(1_199)).isEqualTo(-1);
        assertThat(line.nextInNs(1_199)).isEqualTo(1);
        assertThat(line.visibleIndex(1_200)).isZero();
    }

    @Test
    void eachEntryHasItsOwnDelaySoAReaderNeverTrailsByMore() {
        var line = new DelayLine(200, -1);
        for (int i = 0; i < 10; i++) {
            line.committed(i, i * 50L);
        }
        for (int i = 0; i < 10; i++) {
            assertThat(line.visibleIndex(i * 50L + 200)).isEqualTo(i);
        }
    }

    @Test
    void whenTooManyAreUnderWayTheNewestAbsorbTheRest() {
        var line = new DelayLine(10, -1);
        for (int i = 0; i < DelayLine.MARKS_MAX + 5; i++) {
            line.committed(i, i);
        }
        assertThat(line.visibleIndex(DelayLine.MARKS_MAX + 13)).isLessThan(DelayLine.MARKS_MAX + 4);
        assertThat(line.visibleIndex(DelayLine.MARKS_MAX + 14)).isEqualTo(DelayLine.MARKS_MAX + 4);
        assertThat(line.nextInNs(0)).isEqualTo(Long.MAX_VALUE);
    }
}
