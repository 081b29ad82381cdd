package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every answer expected here was first seen from redis-server 7.0.15.
class CommandFramerTest {
    private static final String PING = "*1\r\n$4\r\nPING\r\n";
    private static final String SET = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$0\r\n\r\n";
    private static final ProtocolLimits SMALL = new ProtocolLimits(16, 4, 8);

    private static List<List<String>> read(String wire) throws ProtocolException {
        return new CommandReader(ProtocolLimits.standard()).read(wire);
    }

    private static void assertRefused(ProtocolLimits limits, String wire, String message) {
        var reader = new CommandReader(limits);
        assertThatThrownBy(() -> reader.read(wire))
                .isInstanceOf(ProtocolException.class)
                .hasMessage(message);
    }

    @Test
    void aCommandIsFoundWhereItStands() throws ProtocolException {
        var framer = new CommandFramer(ProtocolLimits.standard());
        var in = Unpooled.copiedBuffer("??" + SET + PING, ISO_8859_1).skipBytes(2);

        assertThat(framer.parse(in)).isEqualTo(CommandFramer.Parsed.COMMAND);

        var frame = framer.frame();
        assertThat(frame.argumentCount()).isEqualTo(3);
        assertThat(frame.start(0)).isEqualTo(8);
        assertThat(frame.length(0)).isEqualTo(3);
        assertThat(frame.start(1)).isEqualTo(17);
        assertThat(frame.start(2)).isEqualTo(26);
        assertThat(frame.length(2)).isZero();
        assertThat(frame.lengthBytes()).isEqualTo(SET.length());
        assertThat(in.readerIndex()).isEqualTo(2);
    }

    @Test
    void argumentsAreBytes() throws ProtocolException {
        String bytes = "\r\n\0\u00ff$*'\"";
        assertThat(read("*2\r\n$4\r\nECHO\r\n$8\r\n" + bytes + "\r\n"))
                .containsExactly(List.of("ECHO", bytes));
    }

    @Test
    void aFrameHoldsAsManyArgumentsAsAreSentAndIsReused() throws ProtocolException {
        var wire = new StringBuilder();
        for (int count : List.of(2_000, 3, 17)) {
            wire.append('*').append(count).append("\r\n").append("$1\r\nx\r\n".repeat(count));
        }
        assertThat(read(wire.toString()))
                .containsExactly(
                        Collections.nCopies(2_000, "x"),
                        Collections.nCopies(3, "x"),
                        Collections.nCopies(17, "x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\r\n", "\n", " \t \r\n", "*0\r\n", "*-1\r\n", "*-99999999999\r\n"})
    void whatIsEmptyIsSkipped(String nothing) throws ProtocolException {
        assertThat(read(nothing + PING)).containsExactly(List.of(), List.of("PING"));
    }

    static Stream<Arguments> lines() {
        return Stream.of(
                arguments("PING\r\n", List.of("PING")),
                arguments("PING\n", List.of("PING")),
                arguments("  SET\tkey  value \r\n", List.of("SET", "key", "value")),
                arguments("ECHO a\rb\n", List.of("ECHO", "a", "b")),
                arguments("\u000bECHO \fa\n", List.of("ECHO", "a")),
                arguments("ECHO a\u000bb\fc\n", List.of("ECHO", "a\u000bb\fc")),
                arguments("ECHO \u00e9\n", List.of("ECHO", "\u00e9")),
                arguments("ECHO \"\"\n", List.of("ECHO", "")),
                arguments("ECHO 'two words'\n", List.of("ECHO", "two words")),
                arguments("ECHO \"two words\" more\n", List.of("ECHO", "two words", "more")),
                arguments("ECHO \"a\"\u000b\n", List.of("ECHO", "a")),
                arguments("ECHO a\"b c\"\n", List.of("ECHO", "ab c")),
                arguments("ECHO a'b'\n", List.of("ECHO", "ab")),
                arguments("ECHO \"\\n\\r\\t\\b\\a\"\n", List.of("ECHO", "\n\r\t\b\u0007")),
                arguments("ECHO \"\\\"\\\\\\q'\"\n", List.of("ECHO", "\"\\q'")),
                arguments("ECHO \"\\x41\\xfF\"\n", List.of("ECHO", "A\u00ff")),
                arguments("ECHO \"\\xzz\\x4\"\n", List.of("ECHO", "xzzx4")),
                arguments("ECHO 'it\\'s \\n \"'\n", List.of("ECHO", "it's \\n \"")),
                arguments("ECHO \\n\n", List.of("ECHO", "\\n")));
    }

    @ParameterizedTest
    @MethodSource("lines")
    void aLineIsSplitAsRedisSplitsIt(String line, List<String> arguments) throws ProtocolException {
        assertThat(read(line + PING)).containsExactly(arguments, List.of("PING"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ECHO \"a\n",
                "ECHO 'a\n",
                "ECHO \"a\"b\n",
                "ECHO 'a'b\n",
                "ECHO \"a\\\n",
                "ECHO a\"\n",
                "\"\\\"\n"
            })
    void quotesHaveToBeClosedAndFollowedByASpace(String line) {
        assertRefused(
                ProtocolLimits.standard(), line, "Protocol error: unbalanced quotes in request");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*x\r\n",
                "*\r\n",
                "*-\r\n",
                "*-0\r\n",
                "*+1\r\n",
                "*01\r\n",
                "*1 \r\n",
                "*1\n",
                "*1x\n",
                "*2147483648\r\n",
                "*99999999999999999999\r\n",
                "*18446744073709551617\r\n"
            })
    void theNumberOfArgumentsHasToBeANumber(String line) {
        assertRefused(
                ProtocolLimits.standard(),
                line + "$4\r\nPING\r\n",
                "Protocol error: invalid multibulk length");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$x\r\n",
                "$\r\n",
                "$-1\r\n",
                "$-0\r\n",
                "$04\r\n",
                "$4\n",
                "$536870913\r\n",
                "$4294967300\r\n",
                "$18446744073709551620\r\n"
            })
    void theLengthOfAnArgumentHasToBeANumber(String line) {
        assertRefused(
                ProtocolLimits.standard(),
                "*1\r\n" + line + "PING\r\n",
                "Protocol error: invalid bulk length");
    }

    @ParameterizedTest
    @ValueSource(strings = {"P", "*", "\u00ff", "\n", "-"})
    void anArgumentBeginsWithItsLength(String wrong) {
        assertRefused(
                ProtocolLimits.standard(),
                "*1\r\n" + wrong + "4\r\n",
                "Protocol error: expected '$', got '" + wrong + "'");
    }

    @Test
    void aLineWithoutEndIsRefusedOnceItIsTooLong() throws ProtocolException {
        var unended =
                List.of(
                        List.of("", "x", "too big inline request"),
                        List.of("", "*1", "too big mbulk count string"),
                        List.of("*1\r\n", "$1", "too big bulk count string"));
        for (var line : unended) {
            String begun = line.get(0) + line.get(1) + "1".repeat(16 - line.get(1).length());
            var reader = new CommandReader(SMALL);
            assertThat(reader.read(begun)).isEmpty();
            assertThatThrownBy(() -> reader.read("1"))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessage("Protocol error: " + line.get(2));
        }
    }

    @Test
    void aLineThatHasItsEndIsTakenHoweverLong() throws ProtocolException {
        String word = "x".repeat(64);
        assertThat(new CommandReader(SMALL).read(word + "\r\n")).containsExactly(List.of(word));
    }

    @Test
    void theLimitsThemselvesAreAllowedAndOneMoreIsNot() throws ProtocolException {
        var four = Collections.nCopies(4, "12345678");
        assertThat(new CommandReader(SMALL).read("*4\r\n" + "$8\r\n12345678\r\n".repeat(4)))
                .containsExactly(four);
        assertRefused(SMALL, "*5\r\n", "Protocol error: invalid multibulk length");
        assertRefused(SMALL, "*1\r\n$9\r\n", "Protocol error: invalid bulk length");
        assertThatThrownBy(() -> new ProtocolLimits(0, 1, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ProtocolLimits(1, 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ProtocolLimits(1, 1, -1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theLargestNumbersAreAwaitedNotRefused() throws ProtocolException {
        assertThat(read("*2147483647\r\n$536870912\r\n")).isEmpty();
    }

    @Test
    void aPipelineIsTheSameAtEverySplit() throws ProtocolException {
        String pipeline =
                PING
                        + SET
                        + "\r\nECHO \"a b\\x00\"\r\n*0\r\n*2\r\n$2\r\n\r\n\r\n$1\r\n*\r\n"
                        + PING;
        var whole = read(pipeline);
        assertThat(whole).hasSize(7);
        for (int first = 0; first <= pipeline.length(); first++) {
            for (int second = first; second <= pipeline.length(); second++) {
                var reader = new CommandReader(ProtocolLimits.standard());
                var found = new ArrayList<>(reader.read(pipeline.substring(0, first)));
                found.addAll(reader.read(pipeline.substring(first, second)));
                found.addAll(reader.read(pipeline.substring(second)));
                assertThat(found).as("cut at %d and %d", first, second).isEqualTo(whole);
            }
        }
        var reader = new CommandReader(ProtocolLimits.standard());
        var found = new ArrayList<List<String>>();
        for (String piece : pipeline.split("", -1)) {
            found.addAll(reader.read(piece));
        }
        assertThat(found).as("byte by byte").isEqualTo(whole);
    }
}
