package dev.keepsake.fleet;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A shard as it was at one moment. It is the boundary between the classes that decide and those
/// that act: [ClusterProgress], [FailoverSteps] and [Election] see shards only as such values, and
/// never an engine, a front or a thread.
///
/// @param leader the node that leads, or null while none does
/// @param lastLeader the node that leads or led last, or null before the shard has started
record ShardView(
        String name, @Nullable String leader, @Nullable String lastLeader, List<NodeView> nodes) {
    ShardView {
        nodes = List.copyOf(nodes);
    }

    Optional<NodeView> node(String name) {
        return nodes.stream().filter(node -> node.name().equals(name)).findFirst();
    }

    /// Whether a node answers clients.
    boolean serves(String name) {
        return node(name).map(NodeView::serving).orElse(false);
    }

    /// The primary, if it answers clients.
    Optional<String> servingLeader() {
        return Optional.ofNullable(leader).filter(this::serves);
    }

    /// Whether there is a node that could take over: one that answers and does not lead.
    boolean hasSuccessor() {
        return nodes.stream().anyMatch(node -> node.serving() && !node.name().equals(leader));
    }

    /// Whether every node answers, one of them as the primary.
    boolean isServing() {
        return leader != null && nodes.stream().allMatch(NodeView::serving);
    }
}
