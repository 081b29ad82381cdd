package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A lane finds the engine's replies, wherever the reads split them.
class LaneChannelTest {
    private static final int REPLIES = 60;
    private static final int MIB = 1 << 20;

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 100);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void repliesArePassedOnUnchangedAtRandomSplits(long seed) {
        var random = new Random(seed);
        var sent = new ArrayList<String>();
        for (int i = 0; i < REPLIES; i++) {
            sent.add(reply(random, 0));
        }
        var wire = Unpooled.copiedBuffer(String.join("", sent), ISO_8859_1);
        int readMaxBytes = random.nextBoolean() ? 200 : 256 * 1024;

        var memory = new UnpooledByteBufAllocator(true);
        var lane = new CollectingLane(random.nextBoolean());
        var channel = new EmbeddedChannel();
        channel.config().setAllocator(memory);
        channel.pipeline().addLast(lane);
        while (wire.isReadable()) {
            int bytes = 1 + random.nextInt(Math.min(readMaxBytes, wire.readableBytes()));
            var read = memory.ioBuffer(bytes).writeBytes(wire, bytes);
            channel.writeInbound(read);
        }
        assertThat(lane.replies).as("seed %d", seed).isEqualTo(sent);
        channel.finishAndReleaseAll();
        assertThat(memory.metric().usedDirectMemory() + memory.metric().usedHeapMemory())
                .as("bytes not released, seed %d", seed)
                .isZero();
    }

    private static String reply(Random random, int depth) {
        return switch (random.nextInt(depth < 2 ? 7 : 5)) {
            case 0 -> "+" + "s".repeat(random.nextInt(100)) + "\r\n";
            case 1 -> ":" + random.nextInt() + "\r\n";
            case 2 -> bulk(random, random.nextInt(100));
            case 3 -> bulk(random, random.nextInt(40_000));
            case 4 -> bulk(random, random.nextInt(20) == 0 ? 2 * MIB : 16 * 1024);
            default -> {
                int items = random.nextInt(random.nextInt(10) == 0 ? 2_000 : 4);
                var array = new StringBuilder("*%d\r\n".formatted(items));
                for (int i = 0; i < items; i++) {
                    array.append(items > 4 ? bulk(random, 20) : reply(random, depth + 1));
                }
                yield array.toString();
            }
        };
    }

    private static String bulk(Random random, int bytes) {
        char filling = (char) ('a' + random.nextInt(26));
        return "$%d\r\n%s\r\n".formatted(bytes, String.valueOf(filling).repeat(bytes));
    }

    /// Joins the pieces of a reply.
    private static final class CollectingLane extends LaneChannel {
        private final List<String> replies = new ArrayList<>();
        private final StringBuilder pieces = new StringBuilder();
        private final boolean takesPieces;

        CollectingLane(boolean takesPieces) {
            this.takesPieces = takesPieces;
        }

        @Override
        void onReply(ByteBuf in, int from, int length) {
            replies.add(in.toString(from, length, ISO_8859_1));
        }

        @Override
        boolean onLargeReply(ByteBuf in, int from) {
            return takesPieces;
        }

        @Override
        void onPiece(ByteBuf piece, boolean last) {
            pieces.append(piece.toString(ISO_8859_1));
            if (last) {
                replies.add(pieces.toString());
                pieces.setLength(0);
            }
        }

        @Override
        void dropPieces() {
            pieces.setLength(0);
        }

        @Override
        boolean wantsMore() {
            return true;
        }

        @Override
        void onRepliesRead() {}

        @Override
        void onLost() {}

        @Override
        void onFull(boolean full) {}
    }
}
