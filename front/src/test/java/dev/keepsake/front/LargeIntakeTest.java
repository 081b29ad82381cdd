package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The bytes of a large command that a lane gets, wherever the reads split it; the command behind
/// it is found too.
class LargeIntakeTest {
    private static final int GATHERED_BYTES = 1_000;
    private static final int MAX_TRANSACTION_BYTES = 100_000;
    private static final String LARGE = "x".repeat(5_000);
    private static final ProtocolLimits LIMITS = new ProtocolLimits(64 << 10, 1 << 20, 512 << 20);
    private static final ByteBuf PING = Commands.bytes("PING");

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 50);
    }

    private final UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(false);
    private final ByteBuf in = memory.heapBuffer(1 << 20);
    private final Client client = new Client();
    private final LargeIntake intake =
            new LargeIntake(LIMITS, Commands.TABLE, memory, MAX_TRANSACTION_BYTES, client);
    private final CommandFramer framer = new CommandFramer(LIMITS, GATHERED_BYTES);
    private final Command framed = new Command(Commands.TABLE, framer.frame());
    private final StringBuilder lane = new StringBuilder();
    private final List<String> small = new ArrayList<>(); // commands that arrived as a whole

    /// A client whose commands are accepted unless it says otherwise.
    private final class Client implements LargeIntake.Client {
        @Nullable Transaction open;
        boolean refuses;
        boolean skips;
        int waits;
        int spoilt;
        final List<String> decided = new ArrayList<>();

        @Override
        public Taken take(Command command) {
            if (waits > 0) {
                waits--;
                return Taken.WAITS;
            }
            if (intake.refusal() != null) {
                decided.add(command.name() + " too long");
                return Taken.REFUSED;
            }
            if (!command.knowsKeys() && skips) {
                intake.skip();
                return Taken.DONE;
            }
            if (!command.knowsKeys()) {
                intake.passTo(LargeIntakeTest.this::send);
                return Taken.DONE;
            }
            decided.add(command.name() + " " + command.keyCount());
            if (refuses || intake.isSkipped()) {
                return Taken.REFUSED;
            }
            intake.accept(LargeIntakeTest.this::send);
            return Taken.DONE;
        }

        @Override
        public @Nullable Transaction transaction() {
            return open;
        }

        @Override
        public void onLaneSpoilt() {
            spoilt++;
        }
    }

    private void send(ByteBuf piece) {
        lane.append(piece.toString(US_ASCII));
        piece.release();
    }

    /// Lets the command arrive in pieces of a random size.
    private void arrive(Random random, ByteBuf bytes) throws ProtocolException {
        while (bytes.isReadable()) {
            int length = Math.min(1 + random.nextInt(1_500), bytes.readableBytes());
            in.writeBytes(bytes, length);
            process();
        }
    }

    private void process() throws ProtocolException {
        var progress = LargeIntake.Progress.GOES_ON;
        while (progress == LargeIntake.Progress.GOES_ON) {
            progress = intake.isOn() ? intake.process(in) : frame();
        }
    }

    private LargeIntake.Progress frame() throws ProtocolException {
        if (!in.isReadable()) {
            return LargeIntake.Progress.NEEDS_MORE;
        }
        switch (framer.parse(in)) {
            case INCOMPLETE -> {
                intake.checkGathered(framer);
                return LargeIntake.Progress.NEEDS_MORE;
            }
            case LARGE -> intake.begin(framed.at(in, in.readerIndex()), framer, in, "default");
            case COMMAND -> {
                small.add(framed.at(in, in.readerIndex()).name());
                in.skipBytes(framer.lengthBytes());
            }
            case EMPTY, INLINE -> throw new AssertionError("no command of the test");
        }
        return LargeIntake.Progress.GOES_ON;
    }

    private void arriveWithOneBehind(long seed, String... words) throws ProtocolException {
        arrive(new Random(seed), Unpooled.wrappedBuffer(Commands.bytes(words), PING.duplicate()));
        assertThat(small).containsExactly("ping");
        assertThat(intake.isOn()).isFalse();
        assertThat(intake.heldBytes()).isZero();
        in.release();
        assertThat(memory.metric().usedHeapMemory()).as("bytes not released").isZero();
    }

    private static String text(String... words) {
        return Commands.bytes(words).toString(US_ASCII);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aCommandThatIsAcceptedByItsBeginningIsPassedOn(long seed) throws ProtocolException {
        arriveWithOneBehind(seed, "SET", "b", LARGE);
        assertThat(lane.toString()).isEqualTo(text("SET", "b", LARGE));
        assertThat(client.decided).containsExactly("set 1");
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aCommandThatIsAcceptedByItsEndIsPassedOn(long seed) throws ProtocolException {
        arriveWithOneBehind(seed, "MSET", "b", LARGE, "{b}2", LARGE, "{b}3", "v");
        assertThat(lane.toString()).isEqualTo(text("MSET", "b", LARGE, "{b}2", LARGE, "{b}3", "v"));
        assertThat(client.decided).containsExactly("mset 3");
        assertThat(client.spoilt).isZero();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aCommandThatIsRefusedByItsBeginningIsNotPassedOn(long seed) throws ProtocolException {
        client.refuses = true;
        arriveWithOneBehind(seed, "SET", "b", LARGE);
        assertThat(lane).isEmpty();
        assertThat(client.decided).containsExactly("set 1");
        assertThat(client.spoilt).isZero();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theEndOfACommandThatIsRefusedByItIsNotPassedOn(long seed) throws ProtocolException {
        client.refuses = true;
        arriveWithOneBehind(seed, "MSET", "b", LARGE, "{b}2", "v");
        assertThat(text("MSET", "b", LARGE, "{b}2", "v")).startsWith(lane.toString());
        assertThat(lane.length()).isLessThan(text("MSET", "b", LARGE, "{b}2", "v").length());
        assertThat(client.decided).containsExactly("mset 2");
        assertThat(client.spoilt).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aCommandThatWillBeRefusedIsSkipped(long seed) throws ProtocolException {
        client.skips = true;
        arriveWithOneBehind(seed, "MSET", "b", LARGE, "{b}2", "v");
        assertThat(lane).isEmpty();
        assertThat(client.decided).containsExactly("mset 2");
        assertThat(client.spoilt).isZero();
    }

    @Test
    void aScriptThatIsTooLongIsRefused() throws ProtocolException {
        arriveWithOneBehind(1, "EVAL", "y".repeat((1 << 20) + 1), "1", "b");
        assertThat(client.decided).containsExactly("eval too long");
        assertThat(lane).isEmpty();
        assertThat(client.spoilt).isZero();
    }

    @Test
    void aCompleteCommandMayWait() throws ProtocolException {
        client.waits = 2;
        in.writeBytes(Commands.bytes("SET", "b", LARGE));
        process();
        assertThat(intake.isDue()).isTrue();
        assertThat(intake.isDecided()).isFalse();
        assertThat(lane).isEmpty();
        process();
        assertThat(client.decided).isEmpty();
        process();
        assertThat(lane.toString()).isEqualTo(text("SET", "b", LARGE));
        assertThat(intake.isOn()).isFalse();
        assertThat(intake.isDecided()).isTrue();
    }

    @Test
    void aCommandThatIsNeededAsAWholeIsGathered() throws ProtocolException {
        arrive(new Random(1), Commands.bytes("PUBLISH", "c", LARGE));
        arrive(new Random(1), Commands.bytes("CLIENT", "SETNAME", LARGE));
        arrive(new Random(1), Commands.bytes("BLPOP", LARGE, "0"));
        assertThat(small).containsExactly("publish", "client|setname", "blpop");
        assertThat(client.decided).isEmpty();
    }

    @Test
    void aGatheredCommandHasABound() {
        in.writeCharSequence("*2\r\n$7\r\nPUBLISH\r\n$%d\r\n".formatted(40 << 20), US_ASCII);
        in.writeCharSequence("z".repeat(200), US_ASCII);
        assertThatThrownBy(this::process)
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("'publish' may have 33554432 bytes");
    }

    @Test
    void aCommandThatIsPassedOnCountsInItsTransaction() throws ProtocolException {
        var open = new Transaction();
        client.open = open;
        arrive(new Random(1), Commands.bytes("SET", "b", LARGE));
        assertThat(open.weightBytes()).isBetween(5_000L, 5_100L);
    }

    @Test
    void aCommandThatIsTooLargeForATransactionEndsBeforeItIsDecided() throws ProtocolException {
        var open = new Transaction();
        open.addWeight(MAX_TRANSACTION_BYTES - 6_000);
        client.open = open;
        arrive(new Random(1), Commands.bytes("MSET", "b", LARGE, "{b}2", "v"));
        assertThatThrownBy(() ->
                        arrive(new Random(1), Commands.bytes("MSET", "b", LARGE, "{b}2", "v")))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("a command may have 100000 bytes");
    }

    @Test
    void keptBytesAreReleasedWhenTheClientHasGone() throws ProtocolException {
        client.waits = 1;
        in.writeBytes(Commands.bytes("SET", "b", LARGE));
        process();
        assertThat(intake.heldBytes()).isPositive();
        intake.end();
        in.release();
        assertThat(memory.metric().usedHeapMemory()).as("bytes not released").isZero();
    }
}
