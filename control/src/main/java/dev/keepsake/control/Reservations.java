package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Reserved nodes, which are stored and shown. They do not change a bill, because there is none.
public final class Reservations {
    private static final int NODES_MAX = 300;
    private static final int NAME_MAX = 255;

    private final ControlState state;

    Reservations(ControlState state) {
        this.state = state;
    }

    /// The filters of DescribeReservedNodes and DescribeReservedNodesOfferings. Null means "any".
    ///
    /// @param duration in years or in seconds
    public record Wanted(
            @Nullable String offeringId,
            @Nullable String nodeType,
            @Nullable String duration,
            @Nullable String offeringType) {
        private boolean fits(ReservedNodesOffering offering) {
            return (offeringId == null || offeringId.equals(offering.id()))
                    && (nodeType == null || nodeType.equals(offering.nodeType()))
                    && (duration == null || seconds(duration) == offering.durationSeconds())
                    && (offeringType == null || offeringType.equals(offering.offeringType()));
        }

        private void check() {
            if (duration != null) {
                seconds(duration);
            }
            if (offeringType != null && !ReservedNodesOffering.TYPES.contains(offeringType)) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "OfferingType is %s; expected one of %s.",
                        offeringType, String.join(", ", ReservedNodesOffering.TYPES));
            }
        }

        private static int seconds(String duration) {
            int year = ReservedNodesOffering.YEAR_SECONDS;
            return switch (duration) {
                case "1", "31536000" -> year;
                case "3", "94608000" -> 3 * year;
                default ->
                        throw Fault.INVALID_PARAMETER_VALUE.because(
                                "Duration is %s; expected 1, 3, 31536000 or 94608000.", duration);
            };
        }
    }

    /// DescribeReservedNodesOfferings.
    public Page<ReservedNodesOffering> offerings(
            Wanted wanted, @Nullable Integer maxResults, @Nullable String nextToken) {
        int size = Requests.pageSize(maxResults);
        wanted.check();
        var found = new ArrayList<>(ReservedNodesOffering.all());
        found.removeIf(offering -> !wanted.fits(offering));
        if (found.isEmpty() && wanted.offeringId() != null) {
            throw offeringNotFound(wanted.offeringId());
        }
        found.sort((a, b) -> a.id().compareTo(b.id()));
        return Page.of(
                "DescribeReservedNodesOfferings",
                found,
                ReservedNodesOffering::id,
                size,
                nextToken);
    }

    /// PurchaseReservedNodesOffering.
    public Decision<ReservedNode> purchase(
            String region,
            @Nullable String offeringId,
            @Nullable String reservationId,
            @Nullable Integer nodeCount,
            @Nullable List<CreateClusterRequest.Tag> tags,
            Instant now,
            RandomGenerator random) {
        String wanted = Requests.required("ReservedNodesOfferingId", offeringId);
        var offering =
                ReservedNodesOffering.all().stream()
                        .filter(found -> found.id().equals(wanted))
                        .findFirst()
                        .orElseThrow(() -> offeringNotFound(wanted));
        String id =
                reservationId == null
                        ? "ri-" + Ids.hex16(random)
                        : Requests.name("ReservationId", reservationId, NAME_MAX);
        int nodes = Requests.within("NodeCount", nodeCount, 1, 1, Integer.MAX_VALUE);
        var checkedTags = TagRules.check(tags);
        if (state.reservations().find(region, id).isPresent()) {
            throw Fault.RESERVED_NODE_ALREADY_EXISTS.because("Reservation %s already exists.", id);
        }
        long reserved =
                state.reservations().all(region).stream()
                        .filter(other -> !other.isOver(now))
                        .mapToLong(ReservedNode::nodeCount)
                        .sum();
        if (reserved + nodes > NODES_MAX) {
            throw Fault.RESERVED_NODE_QUOTA_EXCEEDED.because(
                    "%d nodes would be reserved; at most %d may.", reserved + nodes, NODES_MAX);
        }
        var reservation = new ReservedNode(region, id, offering, nodes, now);
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.NodesReserved(reservation));
        records.addAll(TagRules.onCreation(reservation.resource(), checkedTags));
        return new Decision<>(records, reservation);
    }

    /// DescribeReservedNodes, ordered by id.
    public Page<ReservedNode> describe(
            String region,
            @Nullable String reservationId,
            Wanted wanted,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        int size = Requests.pageSize(maxResults);
        wanted.check();
        var found = new ArrayList<ReservedNode>(state.reservations().all(region));
        found.removeIf(reservation -> !wanted.fits(reservation.offering()));
        if (reservationId != null) {
            String id = reservationId.toLowerCase(Locale.ROOT);
            found.removeIf(reservation -> !reservation.reservationId().equals(id));
            if (found.isEmpty()) {
                throw Fault.RESERVED_NODE_NOT_FOUND.because("Reservation %s not found.", id);
            }
        }
        return Page.of(
                "DescribeReservedNodes", found, ReservedNode::reservationId, size, nextToken);
    }

    private static ApiException offeringNotFound(String id) {
        return Fault.RESERVED_NODES_OFFERING_NOT_FOUND.because("Offering %s not found.", id);
    }
}
