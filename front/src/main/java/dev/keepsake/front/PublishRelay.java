package dev.keepsake.front;

import dev.keepsake.shard.Publication;
import java.util.concurrent.CompletableFuture;

/// Sends what is published on one node to the subscribers of other nodes. May be called from any
/// thread, and does not block.
///
/// In a Redis cluster, nodes send publications over the cluster bus; here the engines do not know
/// each other. Within a shard, the log brings publications from the primary to its replicas,
/// because they are part of the replication stream. So it is enough to publish each message on
/// every primary.
public interface PublishRelay {
    /// Publishes on the primary of the node's own shard.
    ///
    /// @return how many subscribers of that primary got the message; fails with a
    ///   [NoPrimaryException] when there is no primary
    CompletableFuture<Long> atPrimary(String node, Publication publication);

    /// Publishes on the primaries of all other shards that can be reached now: like Redis, without
    /// a guarantee.
    void toOtherShards(String node, Publication publication);

    /// The relay of a node without other nodes.
    static PublishRelay none() {
        return new PublishRelay() {
            @Override
            public CompletableFuture<Long> atPrimary(String node, Publication publication) {
                return CompletableFuture.failedFuture(
                        new NoPrimaryException(
                                "node %s has no relay to other nodes".formatted(node)));
            }

            @Override
            public void toOtherShards(String node, Publication publication) {
                // there is no other shard
            }
        };
    }
}
