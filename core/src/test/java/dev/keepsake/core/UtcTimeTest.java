package dev.keepsake.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class UtcTimeTest {
    @Test
    void aTimeAlwaysHasMilliseconds() {
        assertThat(UtcTime.of(Instant.parse("2026-11-23T08:00:00Z")))
                .isEqualTo("2026-11-23T08:00:00.000Z");
        assertThat(UtcTime.of(Instant.parse("2026-11-23T08:00:00.123999Z")))
                .isEqualTo("2026-11-23T08:00:00.123Z");
    }
}
