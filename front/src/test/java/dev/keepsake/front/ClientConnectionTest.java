package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

/// Bytes that a connection receives.
class ClientConnectionTest {
    /// An allocator without memory.
    private static final class Exhausted extends AbstractByteBufAllocator {
        @Override
        protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
            throw new OutOfMemoryError("as the test wants it");
        }

        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
            throw new OutOfMemoryError("as the test wants it");
        }

        @Override
        public boolean isDirectBufferPooled() {
            return false;
        }
    }

    @Test
    void keepsNothingWhenThereIsNoMemoryForMoreOfACommand() throws Exception {
        try (var node = new TestFront()) {
            var first = Unpooled.copiedBuffer("*1\r\n", US_ASCII);
            var second = Unpooled.copiedBuffer("$4\r\nPI", US_ASCII);
            node.onLoop(() -> {
                var client = new ClientConnection(node.front.parts(), 1, null);
                var channel = new EmbeddedChannel(client);
                channel.config().setAllocator(new Exhausted());
                channel.writeInbound(first);
                channel.writeInbound(second);
                channel.runPendingTasks();
                assertThat(channel.isOpen()).isFalse();
                return true;
            });
            assertThat(first.refCnt()).isZero();
            assertThat(second.refCnt()).isZero();
        }
    }
}
