package dev.keepsake.shard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.resp.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamFramerTest {
    private static final String SELECT = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n";
    private static final String SET = "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$5\r\nv\r\nv2\r\n";
    private static final String TRANSACTION =
            "*1\r\n$5\r\nMULTI\r\n" + SET + SET + "*1\r\n$4\r\nEXEC\r\n";

    private final StreamFramer framer = new StreamFramer(1 << 20);

    @AfterEach
    void close() {
        framer.close();
    }

    private String accept(String bytes) throws ProtocolException {
        ByteBuf in = Unpooled.copiedBuffer(bytes, US_ASCII);
        var units = framer.accept(in, UnpooledByteBufAllocator.DEFAULT);
        return US_ASCII.decode(units.bytes()).toString();
    }

    @Test
    void wholeCommandsPassAsTheyCame() throws ProtocolException {
        assertThat(accept(SELECT + SET)).isEqualTo(SELECT + SET);
    }

    @Test
    void whatIsIncompleteWaitsForItsRestAtEverySplit() throws ProtocolException {
        String stream = SELECT + SET + TRANSACTION + SET;
        for (int cut = 0; cut <= stream.length(); cut++) {
            String first = accept(stream.substring(0, cut));
            String second = accept(stream.substring(cut));
            assertThat(first + second).isEqualTo(stream);
            assertThat(first)
                    .isIn(
                            "",
                            SELECT,
                            SELECT + SET,
                            SELECT + SET + TRANSACTION,
                            SELECT + SET + TRANSACTION + SET);
        }
    }

    @Test
    void byteByByteTheUnitsAreTheSame() throws ProtocolException {
        var units = new StringBuilder();
        for (char c : (SET + TRANSACTION + SELECT).toCharArray()) {
            String unit = accept(String.valueOf(c));
            assertThat(unit).isIn("", SET, TRANSACTION, SELECT);
            units.append(unit);
        }
        assertThat(units).hasToString(SET + TRANSACTION + SELECT);
    }

    @Test
    void aTransactionIsOneUnit() throws ProtocolException {
        String open = TRANSACTION.substring(0, TRANSACTION.length() - 1);
        assertThat(accept(SET + open)).isEqualTo(SET);
        assertThat(accept("\n")).isEqualTo(TRANSACTION);
    }

    @Test
    void aLargeUnitGetsAsMuchMemoryAsItNeedsAndNoMore() throws ProtocolException {
        var large = new StreamFramer(64 << 20);
        int valueBytes = 20 << 20;
        String head = "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$%d\r\n".formatted(valueBytes);
        var wire = Unpooled.buffer(head.length() + valueBytes + 2 + SET.length() + 3);
        wire.writeCharSequence(head, US_ASCII);
        for (int i = 0; i < valueBytes; i++) {
            wire.writeByte((i * 31) >> 7);
        }
        wire.writeCharSequence("\r\n" + SET + "*1\r", US_ASCII);
        var whole = wire.nioBuffer(0, head.length() + valueBytes + 2 + SET.length());
        var crc = new CRC32C();
        crc.update(whole.duplicate());

        int given = 0;
        StreamFramer.Units units = null;
        while (wire.isReadable()) {
            var piece = wire.readRetainedSlice(Math.min(64 * 1024, wire.readableBytes()));
            units = large.accept(piece, UnpooledByteBufAllocator.DEFAULT);
            int room = large.roomNeeded();
            if (room > 0) {
                given++;
                assertThat(room).isBetween(valueBytes, valueBytes + (3 << 20));
                large.giveRoom(StreamFramer.large(room));
            }
            assertThat(units.isEmpty()).isEqualTo(wire.isReadable());
        }

        assertThat(given).isEqualTo(1);
        if (units == null) {
            throw new AssertionError("no unit was found");
        }
        assertThat(units.bytes().isDirect()).isTrue();
        assertThat(units.bytes()).isEqualTo(whole);
        assertThat(units.crc32c()).isEqualTo(crc.getValue());
        assertThat(large.roomNeeded()).isZero();
        units.release();
        large.close();
        wire.release();
    }

    @Test
    void everyUnitHasItsChecksum() throws ProtocolException {
        String stream = SELECT + SET + TRANSACTION + SET;
        for (int cut = 0; cut <= stream.length(); cut++) {
            for (var piece : List.of(stream.substring(0, cut), stream.substring(cut))) {
                var units =
                        framer.accept(
                                Unpooled.copiedBuffer(piece, US_ASCII),
                                UnpooledByteBufAllocator.DEFAULT);
                var crc = new CRC32C();
                crc.update(units.bytes().duplicate());
                assertThat(units.isEmpty() || units.crc32c() == crc.getValue()).isTrue();
            }
        }
    }

    @Test
    void aUnitBeyondTheBoundIsRefusedRatherThanCut() throws ProtocolException {
        var small = new StreamFramer(64);
        var in = Unpooled.copiedBuffer("*2\r\n$3\r\nset\r\n$100\r\n" + "x".repeat(60), US_ASCII);
        assertThatThrownBy(() -> small.accept(in, UnpooledByteBufAllocator.DEFAULT))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("64 bytes");
        small.close();
    }
}
