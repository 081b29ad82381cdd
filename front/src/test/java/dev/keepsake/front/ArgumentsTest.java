package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.ProtocolLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
    private static Arguments of(ByteBuf in) throws Exception {
        var framer = new CommandFramer(ProtocolLimits.standard());
        framer.parse(in);
        return Arguments.of(in, in.readerIndex(), framer.frame());
    }

    /// Keys and passwords need not be text.
    @Test
    void bytesThatAreNotTextStayUnchanged() throws Exception {
        var in =
                Unpooled.copiedBuffer(
                        "*2\r\n$4\r\nAUTH\r\n$3\r\n\u00ff\u0000\u00e9\r\n", ISO_8859_1);
        assertThat(of(in).bytes(1)).containsExactly(0xff, 0, 0xe9);
    }

    @Test
    void onlyTheNameOfTheCommandIsInLowerCase() throws Exception {
        var given = of(Commands.bytes("CLIENT", "SETNAME", "Ann"));
        assertThat(given.texts()).containsExactly("client", "SETNAME", "Ann");
    }

    @Test
    void argumentsRemainValidAfterTheBytesOfTheCommand() throws Exception {
        var in = Commands.bytes("ECHO", "before");
        var given = of(in);
        in.setZero(0, in.capacity());
        assertThat(given.text(1)).isEqualTo("before");
    }

    @Test
    void replacingAWordLeavesTheCommandUnchanged() throws Exception {
        var given = of(Commands.bytes("ACL", "DRYRUN", "default", "GET"));
        assertThat(given.with(2, "default:clients")[2])
                .asString(UTF_8)
                .isEqualTo("default:clients");
        assertThat(given.text(2)).isEqualTo("default");
        given.all()[0] = new byte[0];
        assertThat(given.bytes(0)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "7", "-1", "9223372036854775807", "-9223372036854775808"})
    void aNumberIsReadAsInRedis(String text) {
        assertThat(Arguments.number(text)).isEqualTo(Long.valueOf(text));
    }

    /// As `string2ll` in Redis's `util.c`.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "-0",
                "+1",
                "00",
                "01",
                " 1",
                "1 ",
                "1.0",
                "1e3",
                "0x10",
                "\u0661",
                "9223372036854775808",
                "-9223372036854775809"
            })
    void aTextThatRedisDoesNotReadAsANumberIsNone(String text) {
        assertThat(Arguments.number(text)).isNull();
    }
}
