package dev.keepsake.fleet;

import dev.keepsake.control.AccessRule;
import dev.keepsake.control.InstalledEngines;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// A running cluster as it was at one moment: its shards, and the settings that its nodes have
/// received. A value.
///
/// @param engine the engine of all nodes
/// @param parameters the parameters that all nodes have to run with
/// @param access the users that all nodes have been given
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

    /// Whether the engine of every node that answers has the rules of the users in `access`.
    boolean isAccessApplied() {
        return nodes().allMatch(NodeView::admitting);
    }

    /// Whether every node runs with `parameters`.
    boolean areParametersApplied() {
        return nodes().allMatch(node -> node.parameters().equals(parameters));
    }
}
