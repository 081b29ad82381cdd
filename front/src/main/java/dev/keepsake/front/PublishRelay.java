package dev.keepsake.front;

import dev.keepsake.shard.Publication;
import java.util.concurrent.CompletableFuture;

/// Carries what is published on one node to the subscribers of others. May be called from any
/// thread, and does not block.
///
/// In a Redis cluster the nodes tell each other over the cluster bus; here the engines are
/// strangers to each other. Within a shard the log carries publications from the primary to its
/// replicas, for they are part of the replication stream. So it is enough that each is published on
/// every primary.
public interface PublishRelay {
    /// Publishes on the primary of the node's own shard.
    ///
    /// @return how many subscribers of that primary have heard it; fails with a
    ///   [NoPrimaryException] when there is none
    CompletableFuture<Long> atPrimary(String node, Publication publication);

    /// Publishes on the primaries of all other shards, as far as they can be reached now: like
    /// Redis, without a promise.
    void toOtherShards(String node, Publication publication);

    /// For a node that is alone.
    static PublishRelay none() {
        return new PublishRelay() {
            @Override
            public CompletableFuture<Long> atPrimary(String node, Publication publication) {
                return CompletableFuture.failedFuture(
                        new NoPrimaryException("node %s is alone".formatted(node)));
            }

            @Override
            public void toOtherShards(String node, Publication publication) {
                // nobody is there
            }
        };
    }
}
