package dev.keepsake.front;

import static java.util.Objects.requireNonNull;

import dev.keepsake.shard.Durability;
import dev.keepsake.shard.HoldRule;
import dev.keepsake.shard.Tracker;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.jspecify.annotations.Nullable;

/// The rules of a primary whose lease, log and growth a test sets, with the real [Durability] and
/// [Outbox].
final class FakeRules implements ReplyQueue.Rules {
    final Durability<Parked> durability =
            new Durability<>(HoldRule.ALL, Parked::release, Parked::drop);
    final Outbox outbox = new Outbox(durability::mayTell);
    final Tracker<Parked>.Open late;
    boolean lease = true;
    Runnable onGrowth = () -> {};
    @Nullable String givenUp;
    long largeBytes;

    FakeRules() {
        durability.prepare(() -> lease);
        durability.lead();
        late = requireNonNull(durability.tracker()).open();
    }

    /// Everything before the offset is in the log, and the turn ends.
    void durable(long offset) {
        durability.durable(offset);
        outbox.flush();
    }

    /// Drops what waits, at the end of a test.
    void end() {
        late.drop();
        durability.end();
    }

    @Override
    public ByteBufAllocator allocator() {
        return UnpooledByteBufAllocator.DEFAULT;
    }

    @Override
    public Durability<Parked> durability() {
        return durability;
    }

    @Override
    public @Nullable String whyGivenUp() {
        return givenUp;
    }

    @Override
    public void parkLate(Parked parked) {
        late.park(parked);
    }

    @Override
    public void parkUnwanted(ReplySink client, Patience patience) {
        var place = client.parkUnwanted(late.group(), patience);
        if (place == null) {
            late.count();
        } else {
            late.park(place);
        }
    }

    @Override
    public void countLarge(long bytes) {
        largeBytes += bytes;
    }

    @Override
    public void noteGrowth(long bytes) {
        onGrowth.run();
    }

    @Override
    public void touch(ReplyQueue replies) {
        outbox.add(replies);
    }
}
