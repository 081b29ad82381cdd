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

/// The topology that each node of a cluster shows while the news of a new primary spreads. In a
/// Redis cluster some nodes learn of it later than others, and clients that ask those are
/// redirected to the old primary. Owned by the fleet's thread; no I/O.
///
/// The new primary of a shard knows of the change, and so does the previous one. All other nodes of
/// the cluster show the shard as it was before the change, until the lag has passed. If the primary
/// changes again meanwhile, they show the same until the lag has passed since the last change. A
/// shard whose nodes or slots have changed is shown as it is.
///
/// Nothing of this survives the process: the first report is shown as it is.
final class LateNews {
    /// The topology that each node shows.
    ///
    /// @param common the topology of all nodes that are not in `special`
    /// @param special by node, a topology of its own
    record Views(Topology common, Map<String, Topology> special) {
        static final Views NONE = new Views(new Topology(0, List.of()), Map.of());

        Topology of(String node) {
            return special.isEmpty() ? common : special.getOrDefault(node, common);
        }
    }

    /// A change that not all nodes know yet.
    private record Change(TopologyShard before, Set<String> informed, long untilNs) {}

    private final Map<String, String> leaders = new HashMap<>(); // by shard, as last reported
    private final Map<String, TopologyShard> shown = new HashMap<>(); // by shard
    private final Map<String, Change> changes = new HashMap<>(); // by shard

    /// Takes the present topology.
    ///
    /// @param truth the present topology
    /// @param lead the shards that have a leader at present; the topology names it
    /// @param lagNs how long other nodes do not learn of a new primary, in nanoseconds
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

    /// How long until the next change has spread, in nanoseconds, when [#report] has to be called
    /// again; empty when no change is spreading.
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
