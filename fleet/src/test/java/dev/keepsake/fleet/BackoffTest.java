package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final long START_NS = -7_000; // a monotonic clock may show anything

    private final Backoff backoff = new Backoff(1_000, 5_000);

    @Test
    void whatHasNotFailedMayBeTried() {
        assertThat(backoff.isOver(START_NS)).isTrue();
        assertThat(backoff.isOver(Long.MIN_VALUE)).isTrue();
    }

    @Test
    void eachFailureInARowDoublesThePauseUpToItsBound() {
        long nowNs = START_NS;
        for (long pauseNs : new long[] {1_000, 2_000, 4_000, 5_000, 5_000}) {
            assertThat(backoff.failed(nowNs)).isEqualTo(pauseNs);
            assertThat(backoff.isOver(nowNs + pauseNs - 1)).isFalse();
            nowNs += pauseNs;
            assertThat(backoff.isOver(nowNs)).isTrue();
        }
    }

    @Test
    void aPauseStaysAtItsBoundHoweverManyFailuresFollow() {
        var pause =
                new Backoff(
                        TimeUnit.MILLISECONDS.toNanos(100), TimeUnit.MILLISECONDS.toNanos(5_000));
        for (long expectedMs : new long[] {100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000}) {
            assertThat(pause.failed(START_NS)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(expectedMs));
        }
        for (int i = 0; i < 100; i++) {
            assertThat(pause.failed(START_NS)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(5_000));
        }
    }

    @Test
    void aSuccessForgetsTheFailures() {
        backoff.failed(START_NS);
        backoff.failed(START_NS);
        backoff.succeeded();
        assertThat(backoff.isOver(START_NS)).isTrue();
        assertThat(backoff.failed(START_NS)).isEqualTo(1_000);
    }
}
