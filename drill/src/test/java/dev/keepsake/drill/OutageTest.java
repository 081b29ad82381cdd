package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class OutageTest {
    @Test
    void tellsTheMedianAndTheLongest() {
        assertThat(Outage.of(LongStream.of(30_000_000, 10_000_000, 20_040_000)))
                .isEqualTo(new Outage(20.0, 30.0));
        assertThat(Outage.of(LongStream.of(12_345_678))).isEqualTo(new Outage(12.3, 12.3));
    }

    @Test
    void noGapsAreNoOutageToSpeakOf() {
        assertThatThrownBy(() -> Outage.of(LongStream.empty())).hasMessageContaining("no gaps");
    }
}
