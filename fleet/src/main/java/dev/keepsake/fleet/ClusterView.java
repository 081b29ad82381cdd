package dev.keepsake.fleet;

import dev.keepsake.control.AccessRule;
import dev.keepsake.control.InstalledEngines;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// A cluster that runs, as it was when somebody looked: its shards, and what its nodes have been
/// told.
///
/// @param engine what all nodes run on
/// @param parameters what all nodes are to run with
/// @param access whom all nodes have been told to admit
record ClusterView(
        InstalledEngines.Installed engine,
        Map<String, String> parameters,
        List<AccessRule> access,
        List<ShardView> shards) {
    ClusterView {
        parameters = Map.copyOf(parameters);
        access = List.copyOf(access);
        shards = List.copyOf(shards);
    }

    Optional<ShardView> shard(String name) {
        return shards.stream().filter(shard -> shard.name().equals(name)).findFirst();
    }

    /// The nodes of all shards.
    Stream<NodeView> nodes() {
        return shards.stream().flatMap(shard -> shard.nodes().stream());
    }

    /// Whether every node of every shard answers clients.
    boolean isServing() {
        return shards.stream().allMatch(ShardView::isServing);
    }

    /// Whether the engine of every node that answers admits whom the nodes have been told to.
    boolean isAccessApplied() {
        return nodes().allMatch(NodeView::admitting);
    }

    /// Whether every node runs with the parameters that it is to run with.
    boolean areParametersApplied() {
        return nodes().allMatch(node -> node.parameters().equals(parameters));
    }
}
