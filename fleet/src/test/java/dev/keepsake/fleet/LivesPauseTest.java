package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LivesPauseTest {
    private final LivesPause pause = new LivesPause(new Backoff(100, 500));
    private long nowNs = -7_000; // a monotonic clock may show anything

    @Test
    void theFirstLifeBeginsAtOnce() {
        assertThat(pause.beforeNextNs(nowNs)).isZero();
        assertThat(pause.beforeNextNs(0)).isZero();
    }

    @Test
    void eachShortLifeInARowDoublesThePauseUpToItsBound() {
        for (long expectedNs : new long[] {100, 200, 400, 500, 500}) {
            assertThat(livedFor(LivesPause.LONG_LIFE_NS - 1)).isEqualTo(expectedNs);
        }
    }

    @Test
    void aLongLifeForgetsTheShortOnes() {
        livedFor(1);
        livedFor(1);
        assertThat(livedFor(LivesPause.LONG_LIFE_NS)).isZero();
        assertThat(livedFor(1)).isEqualTo(100);
    }

    private long livedFor(long ns) {
        pause.begin(nowNs);
        nowNs += ns;
        return pause.beforeNextNs(nowNs);
    }
}
