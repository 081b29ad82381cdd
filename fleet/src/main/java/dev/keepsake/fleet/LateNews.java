package dev.keepsake.fleet;

import dev.keepsake.front.Topology;
import dev.keepsake.front.TopologyNode;
import dev.keepsake.front.TopologyShard;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What the nodes of a cluster are shown while word of a new primary is on its way: in a Redis
/// cluster some nodes learn of it before others, and clients that ask the wrong one go astray.
/// Owned by the fleet's thread; no I/O.
///
/// A shard's new primary knows of itself, and so does the one that led before. All other nodes of
/// the cluster are shown the shard as it was before the change, until some time has passed. When
/// its primary changes once more meanwhile, they are shown the same until that time has passed
/// since the last change. A shard whose nodes or slots have changed is shown as it is.
///
/// Nothing of this is remembered beyond the process: the first picture that it gives is the truth.
final class LateNews {
    /// What each node is shown.
    ///
    /// @param common to all nodes but those in `special`
    record Views(Topology common, Map<String, Topology> special) {
        static final Views NONE = new Views(new Topology(0, List.of()), Map.of());

        Topology of(String node) {
            return special.isEmpty() ? common : special.getOrDefault(node, common);
        }
    }

    /// A change that has not got around.
    private record Change(TopologyShard before, Set<String> informed, long untilNs) {}

    private final Map<String, String> leaders = new HashMap<>(); // by shard, as last reported
    private final Map<String, TopologyShard> shown = new HashMap<>(); // by shard
    private final Map<String, Change> changes = new HashMap<>(); // by shard

    /// Takes in how things stand.
    ///
    /// @param lead the shards that are led at present; their topology names who leads
    /// @param lagNs how long changes of primaries take to get around
    Views report(Topology truth, Set<String> lead, long lagNs, long nowNs) {
        for (var shard : truth.shards()) {
            if (lead.contains(shard.name())) {
                note(shard, lagNs, nowNs);
            }
        }
        changes.values().removeIf(change -> change.untilNs() - nowNs <= 0);
        truth.shards()
                .forEach(shard -> {
                    var change = changes.get(shard.name());
                    if (change != null && !isSame(change.before(), shard)) {
                        changes.remove(shard.name());
                    }
                });
        var informed = new HashSet<String>();
        changes.values().forEach(change -> informed.addAll(change.informed()));
        var special = new HashMap<String, Topology>();
        for (var node : informed) {
            special.put(node, seenBy(node, truth));
        }
        var common = seenBy(null, truth);
        common.shards().forEach(shard -> shown.put(shard.name(), shard));
        return new Views(common, Map.copyOf(special));
    }

    /// How long it takes until the next change has got around, and it is time to report again;
    /// empty when none is on its way.
    OptionalLong nextInNs(long nowNs) {
        return changes.values().stream().mapToLong(change -> change.untilNs() - nowNs).min();
    }

    private void note(TopologyShard shard, long lagNs, long nowNs) {
        String leader = shard.primary().name();
        String former = leaders.put(shard.name(), leader);
        var before = shown.get(shard.name());
        if (former == null || former.equals(leader) || lagNs <= 0 || before == null) {
            return;
        }
        changes.put(shard.name(), new Change(before, Set.of(former, leader), nowNs + lagNs));
    }

    private Topology seenBy(@Nullable String node, Topology truth) {
        return new Topology(
                truth.version(),
                truth.shards().stream().map(shard -> seenBy(node, shard)).toList());
    }

    private TopologyShard seenBy(@Nullable String node, TopologyShard shard) {
        var change = changes.get(shard.name());
        if (change == null || (node != null && change.informed().contains(node))) {
            return shard;
        }
        return change.before();
    }

    private static boolean isSame(TopologyShard before, TopologyShard now) {
        return before.slots().equals(now.slots()) && addresses(before).equals(addresses(now));
    }

    private static Set<String> addresses(TopologyShard shard) {
        var nodes = shard.replicas().stream().map(LateNews::address).collect(Collectors.toSet());
        nodes.add(address(shard.primary()));
        return nodes;
    }

    private static String address(TopologyNode node) {
        return "%s %s %s:%d".formatted(node.name(), node.id(), node.ip(), node.port());
    }
}
