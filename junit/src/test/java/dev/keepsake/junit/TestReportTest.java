package dev.keepsake.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestReportTest {
    private static final Instant BEGAN = Instant.parse("2026-12-01T10:00:00Z");

    @Test
    void eventsHaveTheirTimeInTheTest() {
        var events =
                List.of(
                        new KeepsakeEvent(BEGAN.plusMillis(42), "FailoverShard API called"),
                        new KeepsakeEvent(BEGAN.plusMillis(12_345), "Recovering nodes a-0001-001"));
        assertThat(TestReport.text(BEGAN, events).orElseThrow().lines())
                .containsExactly(
                        "",
                        "   +0.042 s  FailoverShard API called",
                        "  +12.345 s  Recovering nodes a-0001-001");
    }

    @Test
    void aTestWithoutEventsHasNoReport() {
        assertThat(TestReport.text(BEGAN, List.of())).isEmpty();
    }
}
