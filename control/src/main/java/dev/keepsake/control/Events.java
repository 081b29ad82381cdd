package dev.keepsake.control;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/// The stored events, and the records of new events.
final class Events {
    private static final Duration SHOWN = Duration.ofHours(1);
    private static final List<String> SOURCE_TYPES =
            List.of("acl", "cluster", "node", "parameter-group", "subnet-group", "user");

    private final ControlState state;

    Events(ControlState state) {
        this.state = state;
    }

    /// DescribeEvents, newest first.
    Page<Event> describe(String region, DescribeEventsRequest request, Instant now) {
        String type = request.sourceType();
        Requests.expectOneOf("SourceType", type, SOURCE_TYPES);
        if (request.sourceName() != null && type == null) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "SourceName was given without SourceType.");
        }
        int size = Requests.pageSize(request.maxResults());
        var period = Period.of(request, now);
        var found = new ArrayList<Numbered>();
        long number = state.eventsForgotten();
        for (var event : state.events()) {
            number++;
            boolean wanted =
                    event.region().equals(region)
                            && period.contains(event.date())
                            && (type == null || event.sourceType().equals(type))
                            && (request.sourceName() == null
                                    || event.sourceName().equalsIgnoreCase(request.sourceName()));
            if (wanted) {
                found.add(new Numbered(Long.MAX_VALUE - number, event));
            }
        }
        found.sort(Comparator.comparingLong(Numbered::descending));
        var page =
                Page.of(
                        "DescribeEvents",
                        found,
                        item -> "%019d".formatted(item.descending()),
                        size,
                        request.nextToken());
        return new Page<>(page.items().stream().map(Numbered::event).toList(), page.nextToken());
    }

    private record Numbered(long descending, Event event) {}

    private record Period(Instant from, Instant to) {
        static Period of(DescribeEventsRequest request, Instant now) {
            int longest = Math.toIntExact(ControlState.EVENTS_KEPT.toMinutes());
            int minutes =
                    Requests.within(
                            "Duration",
                            request.durationMinutes(),
                            Math.toIntExact(SHOWN.toMinutes()),
                            1,
                            longest);
            if (request.durationMinutes() != null
                    && request.startTime() != null
                    && request.endTime() != null) {
                throw Fault.INVALID_PARAMETER_COMBINATION.because(
                        "StartTime, EndTime and Duration were given; one of them follows from the"
                                + " others.");
            }
            var span = Duration.ofMinutes(minutes);
            var start = request.startTime();
            var end = request.endTime();
            if (start != null && request.durationMinutes() != null) {
                end = start.plus(span);
            } else if (end == null) {
                end = now;
            }
            if (start == null) {
                start = end.minus(span);
            }
            if (start.isAfter(end)) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "StartTime %s is after EndTime %s.", start, end);
            }
            if (start.isBefore(now.minus(ControlState.EVENTS_KEPT))) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "StartTime %s is more than 14 days ago; older events are not kept.", start);
            }
            return new Period(start, end);
        }

        boolean contains(Instant date) {
            return !date.isBefore(from) && !date.isAfter(to);
        }
    }

    /// Whether no stored event has the same source and message.
    boolean isNews(ControlRecord.EventHappened happened) {
        return state.events().stream().noneMatch(happened.event()::saysTheSame);
    }

    // ---- the records of new events

    /// An event of a cluster.
    static ControlRecord.EventHappened ofCluster(ClusterId id, Instant now, String message) {
        return of(id.region(), id.name(), "cluster", message, now);
    }

    /// An event of a node.
    static ControlRecord.EventHappened ofNode(
            ClusterId id, String node, Instant now, String message) {
        return of(id.region(), node, "node", message, now);
    }

    /// An event of another resource.
    ///
    /// @param message has a `%s` for the resource's name
    static ControlRecord.EventHappened of(Resource resource, Instant now, String message) {
        return of(
                resource.region(),
                resource.name(),
                sourceType(resource.kind()),
                message.formatted(resource.name()),
                now);
    }

    /// The source type of events about a kind of resource. Only kinds that have events are allowed.
    private static String sourceType(Resource.Kind kind) {
        return switch (kind) {
            case USER -> "user";
            case ACL -> "acl";
            case PARAMETER_GROUP -> "parameter-group";
            case SUBNET_GROUP -> "subnet-group";
            case CLUSTER -> "cluster";
            case SNAPSHOT, RESERVED_NODE, MULTI_REGION_CLUSTER, MULTI_REGION_PARAMETER_GROUP ->
                    throw new IllegalArgumentException(
                            "events are not of the source type %s".formatted(kind));
        };
    }

    private static ControlRecord.EventHappened of(
            String region, String name, String type, String message, Instant now) {
        return new ControlRecord.EventHappened(new Event(region, name, type, message, now));
    }

    /// Adds an event for each new node, with the node as its source.
    static void nodesAdded(
            List<ControlRecord> records, ClusterSpec spec, Predicate<String> isNew, Instant now) {
        spec.nodes()
                .filter(node -> isNew.test(node.name()))
                .forEach(node ->
                        records.add(
                                ofNode(
                                        spec.id(),
                                        node.name(),
                                        now,
                                        "Added node %s in Availability Zone %s"
                                                .formatted(node.name(), node.availabilityZone()))));
    }

    /// The event that a cluster uses a parameter group from now on.
    static ControlRecord usesGroup(ClusterSpec spec, Instant now) {
        return ofCluster(
                spec.id(),
                now,
                "Updated to use a ParameterGroup %s".formatted(spec.parameterGroupName()));
    }
}
