package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.shard.Durability;
import dev.keepsake.shard.HoldRule;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private final Outbox outbox = new Outbox();
    private final Node node = new Node();
    private final StringBuilder sent = new StringBuilder();
    private boolean lease = true;
    private Runnable onGrowth = () -> {};

    private final class Node implements ReplyRules {
        private final Durability<Parked> durability =
                new Durability<>(HoldRule.ALL, Parked::release, Parked::drop);

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
            return null;
        }

        @Override
        public void parkLate(Parked parked) {}

        @Override
        public void parkUnwanted(ReplySink client, Patience patience) {}

        @Override
        public void countLarge(long bytes) {}

        @Override
        public void noteGrowth(long bytes) {
            onGrowth.run();
        }

        @Override
        public void touch(ReplyQueue replies) {
            outbox.add(replies);
        }
    }

    private final class Wire implements ReplyQueue.Outlet {
        @Override
        public boolean isClosed() {
            return false;
        }

        @Override
        public void send(ByteBuf bytes) {
            sent.append(bytes.toString(US_ASCII));
            bytes.release();
        }

        @Override
        public void sendPiece(ByteBuf piece, Runnable onWritten) {
            send(piece);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}

        @Override
        public void reset() {}

        @Override
        public void onReplied() {}
    }

    private ReplyQueue client() {
        return new ReplyQueue(node, new Wire());
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }

    private void flush() {
        outbox.flush(() -> lease);
    }

    @Test
    void sendsToEachWhoIsTouched() {
        client().tell(bytes("a"));
        client().deliver(bytes("b"));
        assertThat(outbox.isEmpty()).isFalse();
        flush();
        assertThat(sent).hasToString("ab");
        assertThat(outbox.isEmpty()).isTrue();
    }

    @Test
    void holdsBackWhatTellsUntilTheLeaseHoldsAgain() {
        lease = false;
        client().tell(bytes("a"));
        client().deliver(bytes("b"));
        flush();
        assertThat(sent).hasToString("b");
        lease = true;
        flush();
        assertThat(sent).hasToString("ba");
    }

    /// What is sent takes memory, and when that is measured clients may go on, whose answers are
    /// sent before the others'.
    @Test
    void mayBeFlushedWhileItIsFlushed() {
        client().tell(bytes("a"));
        client().tell(bytes("b"));
        client().tell(bytes("c"));
        onGrowth =
                () -> {
                    onGrowth = () -> {};
                    client().tell(bytes("x"));
                    flush();
                };
        flush();
        assertThat(sent.chars().sorted().mapToObj(Character::toString).toList())
                .containsExactly("a", "b", "c", "x");
        assertThat(outbox.isEmpty()).isTrue();
    }

    @Test
    void forgetsWhoIsGone() {
        var gone = client();
        gone.tell(bytes("a"));
        client().tell(bytes("b"));
        outbox.removeIf(replies -> replies == gone);
        flush();
        assertThat(sent).hasToString("b");
    }
}
