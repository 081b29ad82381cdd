package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class RespWriterTest {
    private static String written(Consumer<ByteBuf> writing) {
        var out = Unpooled.buffer();
        writing.accept(out);
        return out.toString(UTF_8);
    }

    @Test
    void linesEndWithCrLf() {
        assertThat(written(out -> RespWriter.simpleString(out, "OK"))).isEqualTo("+OK\r\n");
        assertThat(written(out -> RespWriter.error(out, "ERR no"))).isEqualTo("-ERR no\r\n");
        assertThat(written(out -> RespWriter.integer(out, Long.MIN_VALUE)))
                .isEqualTo(":-9223372036854775808\r\n");
    }

    @Test
    void anErrorThatQuotesLineBreaksStaysOneReply() {
        assertThat(written(out -> RespWriter.error(out, "ERR what is 'a\r\n+OK'")))
                .isEqualTo("-ERR what is 'a  +OK'\r\n");
    }

    @Test
    void bulkLengthsAreBytesNotCharacters() {
        assertThat(written(out -> RespWriter.bulk(out, "é€𝄞"))).isEqualTo("$9\r\né€𝄞\r\n");
        assertThat(written(out -> RespWriter.bulk(out, ""))).isEqualTo("$0\r\n\r\n");
        assertThat(written(out -> RespWriter.bulk(out, new byte[] {'\r', '\n', 0})))
                .isEqualTo("$3\r\n\r\n\0\r\n");
    }

    @Test
    void aLengthHoldsForTextThatIsNoUnicode() {
        String half = "a" + "𝄞".charAt(0);
        assertThat(written(out -> RespWriter.bulk(out, half))).isEqualTo("$2\r\na?\r\n");
    }

    @Test
    void setsAndVerbatimTextAreOfResp3() {
        assertThat(written(out -> RespWriter.set(out, 2, 2))).isEqualTo("*2\r\n");
        assertThat(written(out -> RespWriter.set(out, 2, 3))).isEqualTo("~2\r\n");
        assertThat(written(out -> RespWriter.push(out, 2))).isEqualTo(">2\r\n");
        assertThat(written(out -> RespWriter.verbatim(out, "é", 2))).isEqualTo("$2\r\né\r\n");
        assertThat(written(out -> RespWriter.verbatim(out, "é", 3))).isEqualTo("=6\r\ntxt:é\r\n");
    }

    @Test
    void nullsAndMapsDifferByProtocol() {
        assertThat(written(out -> RespWriter.nullBulk(out, 2))).isEqualTo("$-1\r\n");
        assertThat(written(out -> RespWriter.nullBulk(out, 3))).isEqualTo("_\r\n");
        assertThat(written(out -> RespWriter.map(out, 3, 2))).isEqualTo("*6\r\n");
        assertThat(written(out -> RespWriter.map(out, 3, 3))).isEqualTo("%3\r\n");
        assertThat(written(out -> RespWriter.array(out, 0))).isEqualTo("*0\r\n");
    }

    @Test
    void aCommandIsAnArrayOfBulkStrings() {
        String expected = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
        assertThat(written(out -> RespWriter.command(out, "GET", "k"))).isEqualTo(expected);
        assertThat(
                        written(out ->
                                RespWriter.command(
                                        out, "GET".getBytes(UTF_8), "k".getBytes(UTF_8))))
                .isEqualTo(expected);
    }

    @Test
    void aDecodedValueThatIsWrittenIsDecodedToTheSame() {
        for (var reply :
                List.of(
                        "*3\r\n+get\r\n:-1\r\n*2\r\n*0\r\n$-1\r\n",
                        "-ERR no\r\n",
                        ",1.5\r\n",
                        "%1\r\n+k\r\n(12345678901234567890\r\n",
                        "_\r\n")) {
            var value = RespValue.decode(Unpooled.copiedBuffer(reply, UTF_8));
            var out = Unpooled.buffer();
            RespWriter.value(out, value);
            assertThat(RespValue.decode(out)).isEqualTo(value);
            assertThat(out.isReadable()).isFalse();
        }
        var bytes = new RespValue.Bulk(new byte[] {'\r', '\n', 0, -1});
        assertThat(written(out -> RespWriter.value(out, bytes)).getBytes(UTF_8))
                .isEqualTo(written(out -> RespWriter.bulk(out, bytes.bytes())).getBytes(UTF_8));
    }
}
