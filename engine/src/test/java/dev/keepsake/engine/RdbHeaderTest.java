package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RdbHeaderTest {
    /// As `od -c` shows the beginning of what Redis 7.0.15 saved.
    private static final String REDIS_7 =
            "REDIS0010\u00fa\tredis-ver\u00067.0.15\u00fa\nredis-bits\u00c0@\u00fa\u0005ctime\u00c2abcd";

    /// The same of Valkey 8.0.1 and 9.1.2.
    private static final String VALKEY_8 =
            "REDIS0011\u00fa\nvalkey-ver\u00058.0.1\u00fa\nredis-bits\u00c0@";

    private static final String VALKEY_9 =
            "VALKEY080\u00fa\nvalkey-ver\u00059.1.2\u00fa\nredis-bits\u00c0@";

    private static Optional<RdbHeader> header(String bytes) {
        return RdbHeader.parse(ByteBuffer.wrap(bytes.getBytes(ISO_8859_1)));
    }

    @Test
    void itTellsWhoWroteAFile() {
        assertThat(header(REDIS_7)).contains(new RdbHeader("redis", 10, "redis", "7.0.15"));
        assertThat(header(VALKEY_8)).contains(new RdbHeader("redis", 11, "valkey", "8.0.1"));
        assertThat(header(VALKEY_9)).contains(new RdbHeader("valkey", 80, "valkey", "9.1.2"));
        assertThat(header(VALKEY_8).flatMap(RdbHeader::stamp))
                .contains(new EngineStamp("valkey", "8.0.1", 11));
    }

    @Test
    void aWriterBehindOtherFieldsIsFound() {
        assertThat(
                        header(
                                "REDIS0012\u00fa\nredis-bits\u00c0@\u00fa\u0001n\u00c1\u0001\u0002\u00fa\u0005ctime"
                                        + "\u00c2abcd\u00fa\tredis-ver\u00058.0.2"))
                .contains(new RdbHeader("redis", 12, "redis", "8.0.2"));
    }

    @Test
    void aFileNeedNotTell() {
        assertThat(header("REDIS0009\u00fe\u0000\u0000\u0001k\u0001v\u00ff"))
                .contains(new RdbHeader("redis", 9, null, null));
        assertThat(header("REDIS0009").orElseThrow().stamp()).isEmpty();
    }

    @Test
    void aVersionThatIsNoneIsNotBelieved() {
        assertThat(header("REDIS0010\u00fa\tredis-ver\u00057.0\n1").orElseThrow().stamp())
                .isEmpty();
        assertThat(header("REDIS0010\u00fa\tredis-ver\u0000").orElseThrow().stamp()).isEmpty();
    }

    @Test
    void whatIsCutOffAnywhereTellsNoMoreThanItHolds() {
        for (int length = 0; length < REDIS_7.length(); length++) {
            var found = header(REDIS_7.substring(0, length));
            assertThat(found.isPresent()).as("%d bytes", length).isEqualTo(length >= 9);
            assertThat(found.flatMap(RdbHeader::stamp).isPresent())
                    .as("%d bytes", length)
                    .isEqualTo(length >= 27);
        }
    }

    @Test
    void whatIsNoRdbFileHasNoHeader() {
        for (var text :
                new String[] {"", "root:x:0:0:root", "REDISxxxx", "VALKEY08x", "redis0009"}) {
            assertThat(header(text)).as(text).isEmpty();
        }
    }

    /// A length that reaches beyond what is looked at, or a kind of string that is not read here.
    @Test
    void whatCannotBeReadEndsTheSearchWithoutHarm() {
        for (var field :
                new String[] {
                    "\u00fa\u0080\u0000\u0000\u0000\u0009",
                    "\u00fa\u007f\u00ff",
                    "\u00fa\u00c3\u0001"
                }) {
            assertThat(header("REDIS0011" + field + "redis-ver\u00058.0.2"))
                    .as(field)
                    .contains(new RdbHeader("redis", 11, null, null));
        }
    }

    @Test
    void aChannelMayGiveItInPieces() throws IOException {
        var bytes =
                new ByteArrayInputStream(VALKEY_9.getBytes(ISO_8859_1)) {
                    @Override
                    public synchronized int read(byte[] into, int from, int length) {
                        return super.read(into, from, Math.min(length, 3));
                    }
                };
        assertThat(RdbHeader.read(Channels.newChannel(bytes)))
                .contains(new RdbHeader("valkey", 80, "valkey", "9.1.2"));
    }
}
