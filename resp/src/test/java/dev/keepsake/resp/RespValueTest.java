package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.resp.RespValue.ArrayReply;
import dev.keepsake.resp.RespValue.Bulk;
import dev.keepsake.resp.RespValue.ErrorReply;
import dev.keepsake.resp.RespValue.IntegerReply;
import dev.keepsake.resp.RespValue.NullReply;
import dev.keepsake.resp.RespValue.Scalar;
import dev.keepsake.resp.RespValue.SimpleString;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class RespValueTest {
    static final List<String> REPLIES = ReplyFramerTest.REPLIES;

    private static RespValue decode(String wire) {
        return RespValue.decode(Unpooled.copiedBuffer(wire, ISO_8859_1));
    }

    private static byte[] bytes(String wire) {
        return ((Bulk) decode(wire)).bytes();
    }

    @Test
    void linesAreTextsAndNumbers() {
        assertThat(decode("+OK\r\n")).isEqualTo(new SimpleString("OK"));
        assertThat(decode("-ERR no\r\n")).isEqualTo(new ErrorReply("ERR no"));
        assertThat(decode(":-42\r\n")).isEqualTo(new IntegerReply(-42));
        assertThat(decode("_\r\n")).isEqualTo(new NullReply());
        assertThat(decode(",-inf\r\n")).isEqualTo(new Scalar("-inf"));
        assertThat(decode("#t\r\n")).isEqualTo(new Scalar("t"));
        assertThat(decode("(123456789012345678901\r\n"))
                .isEqualTo(new Scalar("123456789012345678901"));
    }

    @Test
    void stringsAreBytes() {
        assertThat(bytes("$4\r\n\r\n\0\u00ff\r\n")).containsExactly('\r', '\n', 0, 0xff);
        assertThat(bytes("$0\r\n\r\n")).isEmpty();
        assertThat(((Bulk) decode("$2\r\n\u00c3\u00a9\r\n")).utf8()).isEqualTo("é");
        assertThat(decode("!6\r\nERR no\r\n")).isEqualTo(new ErrorReply("ERR no"));
    }

    @Test
    void aVerbatimStringIsItsTextWithoutItsFormat() {
        assertThat(((Bulk) decode("=15\r\ntxt:Some string\r\n")).utf8()).isEqualTo("Some string");
        assertThat(bytes("=2\r\nab\r\n")).isEmpty();
    }

    @Test
    void whatHasNoValueIsNull() {
        assertThat(decode("$-1\r\n")).isEqualTo(new NullReply());
        assertThat(decode("*-1\r\n")).isEqualTo(new NullReply());
    }

    @Test
    void aggregatesAreListsAndMapsKeysAndValuesInTurn() {
        var one = new IntegerReply(1);
        var two = new IntegerReply(2);
        assertThat(decode("*0\r\n")).isEqualTo(new ArrayReply(List.of()));
        assertThat(decode("*2\r\n:1\r\n*1\r\n:2\r\n"))
                .isEqualTo(new ArrayReply(List.of(one, new ArrayReply(List.of(two)))));
        assertThat(decode("%1\r\n:1\r\n:2\r\n")).isEqualTo(new ArrayReply(List.of(one, two)));
        assertThat(decode("~1\r\n:1\r\n")).isEqualTo(new ArrayReply(List.of(one)));
        assertThat(decode(">1\r\n:1\r\n")).isEqualTo(new ArrayReply(List.of(one)));
    }

    @Test
    void anAttributeIsSkipped() {
        assertThat(decode("|1\r\n+ttl\r\n:3600\r\n:1\r\n")).isEqualTo(new IntegerReply(1));
        assertThat(decode("*1\r\n|1\r\n+a\r\n+b\r\n:1\r\n"))
                .isEqualTo(new ArrayReply(List.of(new IntegerReply(1))));
    }

    @Test
    void aStringDoesNotShowItself() {
        assertThat(decode("$6\r\nsecret\r\n")).hasToString("Bulk[6 bytes]");
    }

    @ParameterizedTest
    @FieldSource("REPLIES")
    void decodingEndsWhereTheFramerSaysAndNeverReadsBeyond(String reply) {
        var in = Unpooled.copiedBuffer(reply + "+next\r\n", ISO_8859_1);
        assertThat(RespValue.decode(in)).isNotNull();
        assertThat(in.toString(ISO_8859_1)).isEqualTo("+next\r\n");
        for (int cut = 0; cut < reply.length(); cut++) {
            String part = reply.substring(0, cut);
            assertThatThrownBy(() -> decode(part))
                    .as("first %d bytes", cut)
                    .isInstanceOf(CorruptReplyException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "?\r\n",
                "+\n",
                ":\r\n",
                ":12x\r\n",
                ":9223372036854775808\r\n",
                "$x\r\n",
                "$2147483647\r\n\r\n",
                "*99999999999\r\n",
                "%1073741824\r\n+a\r\n"
            })
    void whatIsNoRespIsRefused(String bytes) {
        assertThatThrownBy(() -> decode(bytes)).isInstanceOf(CorruptReplyException.class);
    }
}
