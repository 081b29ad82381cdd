package dev.keepsake.control;

import org.jspecify.annotations.Nullable;

/// A FailoverShard that is under way, and how far it has come.
public record Failover(String shard, Stage stage) {
    /// How far a failover has come. When the failed node is back, there is no failover any more.
    public sealed interface Stage {}

    /// FailoverShard was called. The fleet has not said yet which node it makes fail.
    public record Called() implements Stage {}

    /// The fleet makes this node fail, and no other node has taken over yet.
    public record Failing(String node) implements Stage {}

    /// Another node is the primary and answers. The node that failed is not back yet.
    ///
    /// @param failing the node that failed
    /// @param node the new primary
    public record Promoted(String failing, String node) implements Stage {}

    /// A failover that has only been requested.
    static Failover called(String shard) {
        return new Failover(shard, new Called());
    }

    /// This failover after the fleet has begun to make a node fail.
    Failover begun(String node) {
        return new Failover(shard, new Failing(node));
    }

    /// This failover after another node has taken over. A node must have been made to fail before.
    Failover promoted(String node) {
        return switch (stage) {
            case Called _ -> this;
            case Failing(String failing) -> new Failover(shard, new Promoted(failing, node));
            case Promoted(String failing, _) -> new Failover(shard, new Promoted(failing, node));
        };
    }

    /// The node that is made to fail, or null while the fleet has not chosen it.
    public @Nullable String failing() {
        return switch (stage) {
            case Called _ -> null;
            case Failing(String node) -> node;
            case Promoted(String failing, _) -> failing;
        };
    }

    /// The node that has taken over, or null while none has.
    public @Nullable String promoted() {
        return switch (stage) {
            case Called _, Failing _ -> null;
            case Promoted(_, String node) -> node;
        };
    }
}
