package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AckHistoryTest {
    private static final long MS = 1_000_000;
    private static final long START = 5_000 * MS;

    private final AckHistory history = new AckHistory(START);

    @Test
    void countsByStretchesFromTheStart() {
        history.acknowledged(START);
        history.acknowledged(START + 9 * MS);
        history.acknowledged(START + 31 * MS);
        var throughput = history.upTo(START + 45 * MS);
        assertThat(throughput).isEqualTo(new Throughput(10 * MS, List.of(2L, 0L, 0L, 1L, 0L)));
        assertThat(throughput.perSecond(0)).isEqualTo(200);
        assertThat(throughput.seconds()).isEqualTo(0.05);
    }

    @Test
    void aLongDrillHasLongerStretchesAndLosesNoCount() {
        long hour = 3_600_000 * MS;
        for (int i = 0; i < 36_000; i++) {
            history.acknowledged(START + i * 100L * MS);
        }
        var throughput = history.upTo(START + hour);
        assertThat(throughput.counts()).hasSizeBetween(512, 1_024);
        assertThat(throughput.counts().stream().mapToLong(Long::longValue).sum()).isEqualTo(36_000);
        assertThat(throughput.seconds()).isBetween(3_600.0, 3_610.0);
        for (int i = 1; i < 500; i++) {
            assertThat(throughput.perSecond(i)).isBetween(9.0, 11.0);
        }
    }
}
