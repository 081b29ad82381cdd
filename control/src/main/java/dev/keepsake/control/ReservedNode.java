package dev.keepsake.control;

import java.time.Instant;

/// A reservation of nodes. It only changes what DescribeReservedNodes shows, because nothing is
/// billed here.
public record ReservedNode(
        String region,
        String reservationId,
        ReservedNodesOffering offering,
        int nodeCount,
        Instant startTime) {
    /// Whether its time is over.
    public boolean isOver(Instant now) {
        return !now.isBefore(startTime.plusSeconds(offering.durationSeconds()));
    }

    Resource resource() {
        return new Resource(region, Resource.Kind.RESERVED_NODE, reservationId);
    }
}
