package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReservationsTest {
    private final MemoryControl control = new MemoryControl();

    @Test
    void aReservationIsOverAfterItsTermAndCountsNoMore() {
        var oneYear =
                ReservedNodesOffering.all().stream()
                        .filter(offering ->
                                offering.durationSeconds() == ReservedNodesOffering.YEAR_SECONDS)
                        .findFirst()
                        .orElseThrow();
        var first = reserve(oneYear, "first", 300);
        assertRefused(
                Fault.RESERVED_NODE_QUOTA_EXCEEDED, () -> reserve(oneYear, "second", 1), "301");
        control.pass(Duration.ofDays(365).minusSeconds(1));
        assertThat(first.isOver(control.now)).isFalse();
        assertRefused(
                Fault.RESERVED_NODE_QUOTA_EXCEEDED, () -> reserve(oneYear, "second", 1), "301");
        control.pass(Duration.ofSeconds(1));
        assertThat(first.isOver(control.now)).isTrue();
        reserve(oneYear, "second", 300);
    }

    private ReservedNode reserve(ReservedNodesOffering offering, String id, int nodes) {
        return control.decide(plane ->
                plane.reservations()
                        .purchase(
                                REGION,
                                offering.id(),
                                id,
                                nodes,
                                null,
                                control.now,
                                new SplittableRandom(1)));
    }
}
