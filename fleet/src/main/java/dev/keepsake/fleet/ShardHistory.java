package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.LiveState;
import dev.keepsake.control.LiveState.Phase;
import dev.keepsake.core.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds out what has changed in a shard, and when no primary answered. It compares each state of
/// the shard with the one before. Owned by the fleet's thread.
///
/// An outage begins when the primary stops answering, and ends when a primary answers. It is as
/// long as the server sees it; a client also needs time to notice it and to connect again.
final class ShardHistory {
    private record Seen(Phase phase, boolean serving) {}

    /// @param node the primary that answered last
    private record Unanswered(long number, String node, long sinceNs) {}

    private final ClusterId cluster;
    private final String shard;
    private final Chronicle chronicle;
    private final Clock clock;
    private Map<String, Seen> seen = Map.of();
    private @Nullable String answering; // the primary that answers
    private @Nullable Unanswered unanswered;

    ShardHistory(ClusterId cluster, String shard, Chronicle chronicle, Clock clock) {
        this.cluster = cluster;
        this.shard = shard;
        this.chronicle = chronicle;
        this.clock = clock;
    }

    /// Notes the present state.
    void note(ShardView now) {
        long nowNs = clock.nowNs();
        var time = clock.now();
        noteNodes(now, time);
        notePrimary(now.servingLeader().orElse(null), nowNs, time);
    }

    private void noteNodes(ShardView now, Instant time) {
        var next = new LinkedHashMap<String, Seen>();
        for (var node : now.nodes()) {
            next.put(node.name(), new Seen(phaseOf(node.phase()), node.serving()));
        }
        var all = new ArrayList<>(seen.keySet());
        all.removeAll(next.keySet());
        all.forEach(gone -> add(gone, new Seen(Phase.LEFT, false), time));
        next.forEach((name, state) -> {
            if (!state.equals(seen.get(name))) {
                add(name, state, time);
            }
        });
        seen = next;
    }

    private void add(String node, Seen state, Instant time) {
        chronicle.add(
                new LiveState.Change(
                        chronicle.nextChange(),
                        time,
                        cluster,
                        shard,
                        node,
                        state.phase(),
                        state.serving()));
    }

    private void notePrimary(@Nullable String primary, long nowNs, Instant time) {
        String before = answering;
        answering = primary;
        var open = unanswered;
        if (primary == null && before != null) {
            long number = chronicle.nextOutage();
            unanswered = new Unanswered(number, before, nowNs);
            chronicle.add(new LiveState.Outage(number, cluster, shard, time, before, null, null));
        } else if (primary != null && open != null) {
            unanswered = null;
            var lasted = Duration.ofNanos(nowNs - open.sinceNs());
            chronicle.replace(
                    open.number(),
                    outage ->
                            new LiveState.Outage(
                                    outage.number(),
                                    cluster,
                                    shard,
                                    outage.begin(),
                                    outage.from(),
                                    primary,
                                    lasted));
        }
    }

    /// The shard ends. An outage that it had until now has no end, and is forgotten.
    void end() {
        var open = unanswered;
        if (open != null) {
            unanswered = null;
            chronicle.remove(open.number());
        }
    }

    static Phase phaseOf(NodePhase phase) {
        return switch (phase) {
            case DOWN -> Phase.DOWN;
            case STARTING -> Phase.STARTING;
            case REPLICA -> Phase.REPLICA;
            case PRIMARY -> Phase.PRIMARY;
            case SILENT -> Phase.SILENT;
        };
    }
}
