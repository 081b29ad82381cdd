package dev.keepsake.shard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TapTest {
    private static final String ID = "0123456789abcdef0123456789abcdef01234567";
    private static final String CONTINUE = "+OK\r\n+CONTINUE " + "f".repeat(40) + "\r\n";
    private static final String STREAM = "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n";

    private long durableOffset = 1_000;
    private final Stream stream = new Stream();
    private final EmbeddedChannel channel =
            new EmbeddedChannel(new Tap(ID, 1_000, () -> durableOffset, stream));

    /// Writes down what becomes of the stream.
    private static final class Stream implements Tap.Sink {
        final List<String> events = new ArrayList<>();
        final StringBuilder bytes = new StringBuilder();

        @Override
        public void onAttached() {
            assertThat(bytes).as("bytes before the stream is attached").isEmpty();
            events.add("attached");
        }

        @Override
        public void onStream(ByteBuf arrived) {
            assertThat(events).containsExactly("attached");
            bytes.append(arrived.toString(US_ASCII));
            arrived.release();
        }

        @Override
        public void onDetached(String reason) {
            events.add("detached: " + reason);
        }
    }

    private void engineSends(String bytes) {
        var arriving = Unpooled.copiedBuffer(bytes, US_ASCII);
        channel.writeInbound(arriving);
        assertThat(arriving.refCnt()).as("released").isZero();
    }

    private String sent() {
        var sent = new StringBuilder();
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            sent.append(out.toString(US_ASCII));
            out.release();
        }
        return sent.toString();
    }

    private static String command(String... words) {
        var out = Unpooled.buffer();
        RespWriter.command(out, words);
        return out.toString(US_ASCII);
    }

    @Test
    void theTapAsksOneThingAtATimeAndContinuesWhereTheLogEnds() {
        assertThat(sent()).isEqualTo(command("REPLCONF", "capa", "eof", "capa", "psync2"));

        engineSends("+OK\r\n");
        assertThat(sent()).isEqualTo(command("PSYNC", ID, "1001"));

        engineSends("+CONTINUE\r\n");
        assertThat(stream.events).containsExactly("attached");
        assertThat(sent()).isEqualTo(command("REPLCONF", "ACK", "1000"));
    }

    @Test
    void theStreamBeginsBehindTheHandshakeAtEverySplit() {
        String wire = "\n+OK\r\n\n\n+CONTINUE " + ID + "\r\n" + STREAM;
        for (int cut = 0; cut <= wire.length(); cut++) {
            var cutStream = new Stream();
            var tapped = new EmbeddedChannel(new Tap(ID, 1_000, () -> 1_000, cutStream));
            tapped.writeInbound(Unpooled.copiedBuffer(wire.substring(0, cut), US_ASCII));
            tapped.writeInbound(Unpooled.copiedBuffer(wire.substring(cut), US_ASCII));
            assertThat(cutStream.events).as("cut at %d", cut).containsExactly("attached");
            assertThat(cutStream.bytes).as("cut at %d", cut).hasToString(STREAM);
            tapped.finishAndReleaseAll();
        }
    }

    @Test
    void theStreamBeginsBehindTheHandshakeByteByByte() {
        for (String piece : (CONTINUE + STREAM).split("", -1)) {
            channel.writeInbound(Unpooled.copiedBuffer(piece, US_ASCII));
        }
        assertThat(stream.events).containsExactly("attached");
        assertThat(stream.bytes).hasToString(STREAM);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "+FULLRESYNC 0123456789abcdef0123456789abcdef01234567 1000",
                "-ERR unknown command",
                "-NOMASTERLINK Can't SYNC while not connected with my master",
                "$1"
            })
    void anEngineThatDoesNotContinueIsLeft(String answer) {
        engineSends("+OK\r\n" + answer + "\r\n" + STREAM);
        assertThat(stream.events)
                .containsExactly(
                        "detached: the engine does not continue at offset 1000 of "
                                + ID
                                + ": "
                                + answer);
        assertThat(stream.bytes).isEmpty();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void anEngineThatRefusesReplconfIsLeft() {
        engineSends("-NOAUTH Authentication required.\r\n+CONTINUE\r\n" + STREAM);
        assertThat(stream.events)
                .containsExactly(
                        "detached: REPLCONF was refused: -NOAUTH Authentication required.");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void anAnswerWithoutEndIsNotWaitedFor() {
        engineSends("+OK\r\n" + "x".repeat(1_024));
        assertThat(stream.events).isEmpty();
        engineSends("x");
        assertThat(stream.events)
                .containsExactly("detached: the engine's answer to PSYNC is longer than a line");
    }

    @Test
    void whatIsDurableIsAcknowledgedEverySecond() {
        channel.freezeTime();
        engineSends(CONTINUE + STREAM);
        sent();

        durableOffset = 1_014;
        channel.advanceTimeBy(999, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(sent()).isEmpty();
        for (int second = 0; second < 3; second++) {
            channel.advanceTimeBy(1_000, TimeUnit.MILLISECONDS);
            channel.runScheduledPendingTasks();
            assertThat(sent()).isEqualTo(command("REPLCONF", "ACK", "1014"));
        }
    }

    @Test
    void anEngineThatGoesAwayIsNoticedOnce() {
        channel.freezeTime();
        engineSends(CONTINUE + STREAM);
        sent();

        channel.close();

        assertThat(stream.events)
                .containsExactly("attached", "detached: the engine closed its replication stream");
        channel.advanceTimeBy(5_000, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(sent()).as("nothing is acknowledged any more").isEmpty();
    }

    @Test
    void anEngineThatGoesAwayDuringTheHandshakeIsNoticedToo() {
        engineSends("+OK\r\n+CONT");
        channel.close();
        assertThat(stream.events)
                .containsExactly("detached: the engine closed its replication stream");
    }

    @Test
    void aBrokenConnectionEndsTheTap() {
        engineSends(CONTINUE);
        channel.pipeline().fireExceptionCaught(new IllegalStateException("reset by peer"));
        assertThat(stream.events)
                .containsExactly(
                        "attached", "detached: the replication stream broke: reset by peer");
        assertThat(channel.isOpen()).isFalse();
    }
}
