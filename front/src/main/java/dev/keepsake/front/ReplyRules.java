package dev.keepsake.front;

import dev.keepsake.shard.Durability;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/// What a node decides about the replies to its clients. Owned by the node's event loop.
interface ReplyRules {
    ByteBufAllocator allocator();

    /// What may be sent, and what waits for the log.
    Durability<Parked> durability();

    /// The error that stands in the place of a reply which would have to wait for a log that has
    /// had no room for too long, or null.
    @Nullable String whyGivenUp();

    /// Parks something under the next barrier.
    void parkLate(Parked parked);

    /// Parks the place of a reply that its client does not want, under the next barrier.
    void parkUnwanted(ReplySink client, Patience patience);

    /// Bytes of large replies are kept or on their way to clients, or, when negative, no longer.
    void countLarge(long bytes);

    /// So much more is on its way to clients.
    void noteGrowth(long bytes);

    /// What a client is to be sent has grown: it is sent at the end of the turn.
    void touch(ReplyQueue replies);
}
