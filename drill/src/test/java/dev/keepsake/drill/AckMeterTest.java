package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AckMeterTest {
    private final AckMeter meter = new AckMeter(0);

    @Test
    void theGapThatIsOpenWhenWatchingBeginsCounts() {
        meter.acknowledged(100);
        meter.watch();
        meter.acknowledged(130);
        meter.acknowledged(135);
        assertThat(meter.longestGap(136)).isEqualTo(new Gap(100, 130));
    }

    @Test
    void aGapThatEndedBeforeWatchingDoesNotCount() {
        meter.acknowledged(100);
        meter.watch();
        assertThat(meter.longestGap(101)).isEqualTo(new Gap(100, 101));
    }

    @Test
    void aGapThatNeverEndsGrows() {
        meter.acknowledged(10);
        meter.watch();
        assertThat(meter.longestGap(1_000)).isEqualTo(new Gap(10, 1_000));
    }

    @Test
    void countsAndRemembersTheLastAcknowledgement() {
        meter.acknowledged(10);
        meter.acknowledged(20);
        assertThat(meter.count()).isEqualTo(2);
        assertThat(meter.hasAcknowledgedSince(19)).isTrue();
        assertThat(meter.hasAcknowledgedSince(20)).isFalse();
    }
}
