package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandStreamTest {
    private static final ProtocolLimits LIMITS = new ProtocolLimits(64, 16, 2_000);
    private static final String LONG = "0123456789".repeat(20);
    private static final String QUOTED = LONG.substring(0, CommandStream.QUOTED_BYTES);
    private static final String PING = "*1\r\n$4\r\nPING\r\n";
    private static final int GATHERED_BYTES = 100;

    /// Everything that a large command at the beginning of `pieces` is taken for.
    private record Taken(String passed, String left, List<String> sketch) {}

    private static String argument(String text) {
        return "$%d\r\n%s\r\n".formatted(text.length(), text);
    }

    private static String mset() {
        return "*5\r\n"
                + argument("MSET")
                + argument("a")
                + argument(LONG)
                + argument("b" + LONG)
                + argument("");
    }

    private static Taken take(IntPredicate isKept, String... pieces) throws ProtocolException {
        var framer = new CommandFramer(LIMITS, GATHERED_BYTES);
        var in = Unpooled.buffer();
        var passed = new StringBuilder();
        CommandStream stream = null;
        for (var piece : pieces) {
            in.writeCharSequence(piece, ISO_8859_1);
            if (stream == null && framer.parse(in) == CommandFramer.Parsed.LARGE) {
                stream =
                        new CommandStream(
                                LIMITS, in, framer.frame(), isKept, 500, Unpooled.buffer());
            }
            if (stream != null && !stream.isComplete()) {
                passed.append(in.readCharSequence(stream.take(in), ISO_8859_1));
            }
        }
        if (stream == null) {
            throw new AssertionError("no large command was found");
        }
        assertThat(stream.isComplete()).isTrue();
        assertThat(stream.announcedBytes()).isEqualTo(passed.length());
        var taken =
                new Taken(
                        passed.toString(),
                        in.toString(ISO_8859_1),
                        arguments(stream.sketch(), stream.frame()));
        stream.close();
        in.release();
        return taken;
    }

    private static List<String> arguments(ByteBuf sketch, CommandFrame frame) {
        assertThat(frame.isSketch()).isTrue();
        var arguments = new ArrayList<String>();
        for (int i = 0; i < frame.knownCount(); i++) {
            arguments.add(sketch.toString(frame.start(i), frame.length(i), ISO_8859_1));
        }
        return arguments;
    }

    @Test
    void aLargeCommandIsTheSameAtEverySplit() throws ProtocolException {
        String wire = mset() + PING;
        for (int first = 0; first <= wire.length(); first++) {
            for (int second = first; second <= wire.length(); second += 7) {
                var taken =
                        take(
                                i -> i == 1 || i == 3,
                                wire.substring(0, first),
                                wire.substring(first, second),
                                wire.substring(second));
                assertThat(taken.passed()).as("cut at %d, %d", first, second).isEqualTo(mset());
                assertThat(taken.left()).isEqualTo(PING);
                assertThat(taken.sketch()).containsExactly("MSET", "a", QUOTED, "b" + LONG, "");
            }
        }
        assertThat(take(i -> i == 3, wire.split("", -1)).sketch())
                .as("byte by byte")
                .containsExactly("MSET", "a", QUOTED, "b" + LONG, "");
    }

    @Test
    void manySmallArgumentsAreALargeCommandToo() throws ProtocolException {
        String wire = "*16\r\n" + argument("DEL") + argument("0123456789").repeat(15);
        assertThat(take(i -> true, wire).sketch()).hasSize(16);
    }

    @Test
    void theKeysOfItsBeginningAreKnownAtOnce() throws ProtocolException {
        var framer = new CommandFramer(LIMITS, GATHERED_BYTES);
        var set =
                Unpooled.copiedBuffer(
                        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$200\r\n" + QUOTED, ISO_8859_1);
        assertThat(framer.parse(set)).isEqualTo(CommandFramer.Parsed.LARGE);
        assertThat(framer.frame().argumentCount()).isEqualTo(3);
        assertThat(framer.frame().knownCount()).isEqualTo(2);
        assertThat(framer.announcedBytes()).isEqualTo(set.readableBytes() + 200 - 128 + 2);
        var keys = new KeyPositions();
        var spec = resolved(set, framer.frame());
        assertThat(spec.keys(set, 0, framer.frame(), keys)).isEqualTo(1);
        assertThat(keys.areKnown(framer.frame())).isTrue();
    }

    @Test
    void keysThatHaveYetToArriveAreKnownToBeMissing() throws ProtocolException {
        var framer = new CommandFramer(LIMITS, GATHERED_BYTES);
        var keys = new KeyPositions();
        var mset = Unpooled.copiedBuffer(mset().substring(0, 180), ISO_8859_1);
        assertThat(framer.parse(mset)).isEqualTo(CommandFramer.Parsed.LARGE);
        var spec = resolved(mset, framer.frame());
        assertThat(spec.keys(mset, 0, framer.frame(), keys)).isEqualTo(2);
        assertThat(keys.areComplete()).isTrue();
        assertThat(keys.areKnown(framer.frame())).isFalse();

        framer.leave();
        String eval = "*5\r\n" + argument("EVAL") + argument(LONG) + argument("1");
        var in = Unpooled.copiedBuffer(eval, ISO_8859_1);
        assertThat(framer.parse(in)).isEqualTo(CommandFramer.Parsed.LARGE);
        spec = resolved(in, framer.frame());
        assertThat(spec.keys(in, 0, framer.frame(), keys)).isZero();
        assertThat(keys.areComplete()).isFalse();
    }

    @Test
    void aCommandThatIsNeededWholeIsGathered() throws ProtocolException {
        var framer = new CommandFramer(LIMITS, GATHERED_BYTES);
        var in = Unpooled.buffer();
        in.writeCharSequence(mset().substring(0, 200), ISO_8859_1);
        assertThat(framer.parse(in)).isEqualTo(CommandFramer.Parsed.LARGE);
        framer.gather();
        assertThat(framer.parse(in)).isEqualTo(CommandFramer.Parsed.INCOMPLETE);
        in.writeCharSequence(mset().substring(200), ISO_8859_1);
        assertThat(framer.parse(in)).isEqualTo(CommandFramer.Parsed.COMMAND);
        assertThat(framer.frame().isSketch()).isFalse();
        assertThat(framer.lengthBytes()).isEqualTo(mset().length());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "#expected '$', got '#'",
                "$2001\r\n#invalid bulk length",
                "$-1\r\n#invalid bulk length",
                "$x\r\n#invalid bulk length",
                "$1111111111111111111111111111111111111111111111111111111111111111#too big bulk count string"
            })
    void whatFollowsHasToBeACommandToo(String rest) {
        var parts = rest.split("#", -1);
        String bytes = parts[0].isEmpty() ? "#" : parts[0];
        String complaint = rest.substring(rest.indexOf('#') + 1);
        assertThatThrownBy(() ->
                        take(
                                i -> false,
                                "*4\r\n" + argument("SET") + argument("k") + argument(LONG),
                                bytes.equals("#") ? "#\r\n" : bytes))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("Protocol error: " + complaint);
    }

    @Test
    void keysHaveABound() {
        assertThatThrownBy(() ->
                        take(i -> true, "*3\r\n" + argument("DEL") + argument(LONG) + "$400\r\n"))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("500 bytes");
        assertThatThrownBy(() ->
                        take(i -> i == 1, "*3\r\n" + argument("SET") + "$501\r\n" + argument(LONG)))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("500 bytes");
    }

    @Test
    void nameAndValueDoNotCountAsKeys() throws ProtocolException {
        String key = "k".repeat(500);
        var taken = take(i -> i == 1, "*3\r\n" + argument("SET") + argument(key) + argument(LONG));
        assertThat(taken.sketch()).containsExactly("SET", key, QUOTED);
    }

    @Test
    void manyValuesHaveABoundToo() {
        String values = argument(LONG).repeat(14);
        assertThatThrownBy(() ->
                        take(i -> i == 1, "*16\r\n" + argument("SADD") + argument("k") + values))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("500 bytes");
    }

    private static CommandSpec resolved(ByteBuf in, CommandFrame frame) {
        var spec = RecordedCommands.table().resolve(in, 0, frame);
        if (spec == null) {
            throw new AssertionError("the command is not in the table");
        }
        return spec;
    }
}
