package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestReaderTest {
    private static final String HEAD = "POST / HTTP/1.1\r\nHost: h\r\n";
    private static final int MAX_BODY_BYTES = 1_000;

    private final RequestReader reader = new RequestReader();

    /// What is found in some bytes, however they come: method and path of each head, and each body.
    private List<String> read(String text, int... cuts) {
        var found = new ArrayList<String>();
        int from = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int to = i < cuts.length ? cuts[i] : text.length();
            var in = Unpooled.copiedBuffer(text.substring(from, to), ISO_8859_1);
            from = to;
            for (var step = reader.read(in);
                    step != RequestReader.Found.TOO_LITTLE;
                    step = reader.read(in)) {
                if (step == RequestReader.Found.HEAD) {
                    found.add(reader.head().method() + " " + reader.head().path());
                    reader.keepBody(MAX_BODY_BYTES);
                } else {
                    found.add(new String(reader.takeBody(), US_ASCII));
                }
            }
            assertThat(in.isReadable()).isFalse();
        }
        return found;
    }

    @Test
    void requestsAreFoundOneAfterTheOther() {
        assertThat(
                        read(
                                "\r\n"
                                        + HEAD
                                        + "Content-Length: 3\r\n\r\nabc"
                                        + "GET /x HTTP/1.0\r\n\r\n"
                                        + HEAD
                                        + "Transfer-Encoding: chunked\r\n\r\n"
                                        + "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"))
                .containsExactly("POST /", "abc", "GET /x", "", "POST /", "abc0123456789");
        assertThat(reader.isAtEnd()).isTrue();
        assertThat(reader.heldBytes()).isZero();
    }

    @Test
    void itDoesNotMatterHowTheBytesCome() {
        String text =
                (HEAD + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
                        + (HEAD + "Content-Length: 2\r\n\r\nxy");
        var random = new SplittableRandom(7);
        for (int i = 0; i < 500; i++) {
            var cuts = random.ints(random.nextInt(6), 0, text.length() + 1).sorted().toArray();
            assertThat(read(text, cuts)).containsExactly("POST /", "abc", "POST /", "xy");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x\r\nabc\r\n0\r\n\r\n",
                "-3\r\nabc\r\n0\r\n\r\n",
                "+3\r\nabc\r\n0\r\n\r\n",
                "0x3\r\nabc\r\n0\r\n\r\n",
                "123456789\r\n",
                "\r\nabc",
                "3\nabc\r\n0\r\n\r\n",
                "2\r\nabc\r\n0\r\n\r\n",
                "0\r\nTrailer: t\n\r\n"
            })
    void chunksThatCanBeReadInTwoWaysAreRefused(String chunks) {
        assertThatThrownBy(() -> read(HEAD + "Transfer-Encoding: chunked\r\n\r\n" + chunks))
                .isInstanceOfSatisfying(
                        ApiException.class,
                        e -> assertThat(e.fault()).isEqualTo(Fault.MALFORMED_HTTP_REQUEST));
    }

    @Test
    void whatFollowsTheChunksHasAnEnd() {
        assertThatThrownBy(() ->
                        read(
                                HEAD
                                        + "Transfer-Encoding: chunked\r\n\r\n0\r\n"
                                        + "Trailer: t\r\n".repeat(1_000)))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("too long");
    }

    @Test
    void aBodyMayBeAsLongAsItsReaderSaysAndNoLonger() {
        String fits = "x".repeat(MAX_BODY_BYTES);
        assertThat(read(HEAD + "Content-Length: 1000\r\n\r\n" + fits)).contains(fits);
        String chunked = HEAD + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + fits + "\r\n";
        assertThat(read(chunked + "0\r\n\r\n")).contains(fits);
        assertThatThrownBy(() -> read(chunked + "1\r\nx\r\n"))
                .isInstanceOfSatisfying(
                        ApiException.class,
                        e -> assertThat(e.fault()).isEqualTo(Fault.REQUEST_TOO_LARGE));
    }

    @Test
    void whatIsSkippedIsNotHeld() {
        var in = Unpooled.copiedBuffer(HEAD + "Content-Length: 99999\r\n\r\n", US_ASCII);
        assertThat(reader.read(in)).isEqualTo(RequestReader.Found.HEAD);
        for (int i = 0; i < 9; i++) {
            in = Unpooled.wrappedBuffer(new byte[10_000]);
            assertThat(reader.read(in)).isEqualTo(RequestReader.Found.TOO_LITTLE);
            assertThat(reader.heldBytes()).isZero();
            assertThat(reader.isSkipping()).isTrue();
        }
        assertThat(reader.read(Unpooled.wrappedBuffer(new byte[9_999])))
                .isEqualTo(RequestReader.Found.END);
    }

    @Test
    void aBodyIsHeldAsItComesAndNotAsItIsAnnounced() {
        var in = Unpooled.copiedBuffer(HEAD + "Content-Length: 1000000\r\n\r\n", US_ASCII);
        assertThat(reader.read(in)).isEqualTo(RequestReader.Found.HEAD);
        reader.keepBody(1 << 20);
        reader.read(Unpooled.wrappedBuffer(new byte[1]));
        assertThat(reader.heldBytes()).isLessThan(1_000);
        reader.read(Unpooled.wrappedBuffer(new byte[900_000]));
        assertThat(reader.heldBytes()).isBetween(900_001, 1_000_000);
    }

    @Test
    void aHeadIsHeldUpToItsBound() {
        assertThatThrownBy(() -> read("GET / HTTP/1.1\r\nX: " + "x".repeat(20_000)))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("16384 bytes");
        assertThat(reader.heldBytes()).isEqualTo(RequestReader.HEAD_MAX_BYTES);
    }

    @Test
    void aHeadHasSoManyHeaders() {
        assertThat(read("GET / HTTP/1.1\r\nHost: h\r\n" + "a: b\r\n".repeat(99) + "\r\n"))
                .hasSize(2);
        assertThatThrownBy(() ->
                        read("GET / HTTP/1.1\r\nHost: h\r\n" + "a: b\r\n".repeat(100) + "\r\n"))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("100 headers");
    }
}
