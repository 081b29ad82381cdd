package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the framers make of bytes that nobody chose. A failure prints the command that repeats it.
@Timeout(300)
class RandomBytesTest {
    /// Bytes that mean something to a framer, more likely than others to lead it astray.
    private static final String TELLING = "*$+-:_,#(!=%~>|;?\r\n\r\n\r\n0123456789 \"'\\x\0\u00ff";

    /// Longer lines than are made here: one that is too long is taken when it comes in one piece.
    private static final ProtocolLimits SMALL = new ProtocolLimits(64, 8, 64);

    static LongStream seeds() {
        return Seeds.of(500);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void commandsAreReadBackAtRandomSplits(long seed) throws ProtocolException {
        var random = new Random(seed);
        var commands = new ArrayList<List<String>>();
        ByteBuf wire = Unpooled.buffer();
        for (int i = 0; i < 20; i++) {
            var command = new ArrayList<String>();
            for (int arguments = 1 + random.nextInt(6); arguments > 0; arguments--) {
                command.add(randomBytes(random, random.nextInt(12)));
            }
            commands.add(command);
            RespWriter.command(
                    wire,
                    command.stream()
                            .map(argument -> argument.getBytes(ISO_8859_1))
                            .toArray(byte[][]::new));
        }
        var reader = new CommandReader(ProtocolLimits.standard());
        var found = new ArrayList<List<String>>();
        while (wire.isReadable()) {
            int bytes = 1 + random.nextInt(Math.min(40, wire.readableBytes()));
            found.addAll(reader.read(wire.readString(bytes, ISO_8859_1)));
        }
        assertThat(found).as(Seeds.replay(getClass(), seed)).isEqualTo(commands);
        assertThat(reader.waiting()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void commandBytesAreRefusedOrReadTheSameAtEverySplit(long seed) {
        var random = new Random(seed);
        for (int i = 0; i < 20; i++) {
            String bytes = randomBytes(random, 1 + random.nextInt(60));
            String whole = readCommands(bytes, bytes.length());
            assertThat(readCommands(bytes, 1))
                    .as("%s of %s", Seeds.replay(getClass(), seed), bytes)
                    .isEqualTo(whole);
        }
    }

    /// Everything that is found, and how it ends.
    private static String readCommands(String bytes, int pieceBytes) {
        var reader = new CommandReader(SMALL);
        var found = new ArrayList<List<String>>();
        try {
            for (int at = 0; at < bytes.length(); at += pieceBytes) {
                found.addAll(reader.read(bytes.substring(at, at + pieceBytes)));
            }
        } catch (ProtocolException e) {
            return "refused: " + e.getMessage();
        }
        return found + " then " + reader.waiting();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void replyBytesAreRefusedOrFramedTheSameAtEverySplit(long seed) {
        var random = new Random(seed);
        for (int i = 0; i < 20; i++) {
            String bytes = randomBytes(random, 1 + random.nextInt(60));
            String whole = readReplies(bytes, bytes.length());
            assertThat(readReplies(bytes, 1))
                    .as("%s of %s", Seeds.replay(getClass(), seed), bytes)
                    .isEqualTo(whole);
        }
    }

    private static String readReplies(String bytes, int pieceBytes) {
        var framer = new ReplyFramer();
        var in = Unpooled.buffer();
        var lengths = new ArrayList<Integer>();
        try {
            for (int at = 0; at < bytes.length(); at += pieceBytes) {
                in.writeCharSequence(bytes.substring(at, at + pieceBytes), ISO_8859_1);
                for (int length = framer.parse(in); length >= 0; length = framer.parse(in)) {
                    assertThat(length).isPositive();
                    lengths.add(length);
                    decodeFrame(in.readSlice(length));
                }
            }
        } catch (CorruptReplyException _) {
            return "refused";
        }
        return lengths.toString();
    }

    /// A frame that was found is decoded to its end, or refused for what is within its lines.
    private static void decodeFrame(ByteBuf frame) {
        try {
            RespValue.decode(frame);
            assertThat(frame.isReadable()).isFalse();
        } catch (CorruptReplyException _) {
            // such as ":x": the framer does not look at values
        }
    }

    private static String randomBytes(Random random, int length) {
        var bytes = new StringBuilder();
        for (int i = 0; i < length; i++) {
            bytes.append(
                    random.nextInt(8) == 0
                            ? (char) random.nextInt(256)
                            : TELLING.charAt(random.nextInt(TELLING.length())));
        }
        return bytes.toString();
    }
}
