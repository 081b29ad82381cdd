package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GrowingPauseTest {
    private final GrowingPause pause = new GrowingPause(100, 5_000);

    @Test
    void eachPauseIsTwiceAsLongUpToTheBound() {
        for (long expected : new long[] {100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000}) {
            assertThat(pause.nextMs()).isEqualTo(expected);
        }
        for (int i = 0; i < 100; i++) {
            assertThat(pause.nextMs()).isEqualTo(5_000);
        }
    }

    @Test
    void afterASuccessItBeginsAnew() {
        pause.nextMs();
        pause.nextMs();
        pause.forget();
        assertThat(pause.nextMs()).isEqualTo(100);
    }
}
