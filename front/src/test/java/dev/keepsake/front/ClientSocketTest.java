package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The socket of a client, over a channel without a network.
class ClientSocketTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<String> told = new ArrayList<>();
    private final ClientSocket socket = socket(null);

    private ClientSocket socket(@Nullable Path operators) {
        return new ClientSocket(
                channel.eventLoop(),
                UnpooledByteBufAllocator.DEFAULT,
                new ClientFacts(),
                operators,
                new Told());
    }

    private final class Told implements ClientSocket.Client {
        @Override
        public void onReplied() {
            told.add("replied");
        }

        @Override
        public void flushReplies() {
            told.add("flush");
        }

        @Override
        public void forgetInput() {
            told.add("forget");
        }
    }

    @AfterEach
    void release() {
        channel.finishAndReleaseAll();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }

    private String sent() {
        channel.runPendingTasks();
        var text = new StringBuilder();
        for (ByteBuf piece = channel.readOutbound();
                piece != null;
                piece = channel.readOutbound()) {
            text.append(piece.toString(US_ASCII));
            piece.release();
        }
        return text.toString();
    }

    @Test
    void aSocketIsClosedBeforeItIsConnected() {
        assertThat(socket.isClosed()).isTrue();
        assertThat(socket.isClosing()).isFalse();
        assertThat(socket.address()).isEmpty();
        assertThat(socket.isReading()).isFalse();
        assertThat(socket.unsentBytes()).isZero();
        assertThat(socket.fileDescriptor()).isEqualTo(-1);
        socket.attach(channel);
        assertThat(socket.isClosed()).isFalse();
        assertThat(socket.isReading()).isTrue();
    }

    @Test
    void bytesSentBeforeTheConnectionAreReleased() {
        var early = bytes("a");
        socket.send(early);
        assertThat(early.refCnt()).isZero();
        var piece = bytes("b");
        socket.sendPiece(piece, () -> told.add("written"));
        assertThat(piece.refCnt()).isZero();
        assertThat(told).containsExactly("written");
    }

    @Test
    void repliesAreSentAtOnceAndPiecesWithTheNextFlush() {
        socket.attach(channel);
        socket.send(bytes("a"));
        assertThat(sent()).isEqualTo("a");
        socket.sendPiece(bytes("b"), () -> told.add("written"));
        assertThat(sent()).isEmpty();
        assertThat(socket.unsentBytes()).isPositive();
        socket.flush();
        assertThat(sent()).isEqualTo("b");
        assertThat(told).containsExactly("written");
        assertThat(socket.unsentBytes()).isZero();
    }

    @Test
    void theSocketIsReadWhileReadingIsOn() {
        socket.attach(channel);
        socket.read(false);
        assertThat(socket.isReading()).isFalse();
        socket.read(true);
        assertThat(socket.isReading()).isTrue();
    }

    @Test
    void aLingeringSocketIsReadUntilTheEnd() {
        socket.attach(channel);
        socket.lingerAtEnd(true);
        socket.read(false);
        assertThat(socket.isReading()).isFalse();
        socket.close();
        socket.read(true); // has no effect on a closed socket
        assertThat(socket.isReading()).isFalse();
    }

    @Test
    void inputAfterTheEndIsDroppedUpToABound() {
        socket.attach(channel);
        var first = bytes("12345");
        socket.discard(first, 8);
        assertThat(first.refCnt()).isZero();
        assertThat(channel.isOpen()).isTrue();
        socket.discard(bytes("1234"), 8);
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }

    // ---- the end

    @Test
    void aCloseSendsTheGatheredReplies() {
        socket.attach(channel);
        socket.close();
        assertThat(told).containsExactly("flush");
        assertThat(socket.isClosing()).isTrue();
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aResetSendsNothing() {
        socket.attach(channel);
        socket.reset();
        channel.runPendingTasks();
        assertThat(told).isEmpty();
        assertThat(channel.isOpen()).isFalse();
        assertThat(socket.isClosed()).isTrue();
    }

    @Test
    void aSocketMayEndBeforeItIsConnected() {
        socket.reset();
        socket.disconnect();
        socket.close();
        assertThat(socket.isClosing()).isTrue();
    }

    @Test
    void theOtherEndMayCloseTheSocket() {
        socket.attach(channel);
        socket.onClosed();
        assertThat(socket.isClosing()).isTrue();
    }

    @Test
    void anOperatorsAddressIsTheOperatorsSocket() {
        var ofOperators = socket(Path.of("operators.sock"));
        ofOperators.attach(channel);
        assertThat(ofOperators.address()).isEqualTo("operators.sock:0");
        assertThat(ofOperators.localAddress()).isEqualTo("operators.sock:0");
        socket.attach(channel);
        assertThat(socket.address()).isEmpty(); // this one has no address that Redis could show
    }

    @Test
    void theClientGetsAReportOfEachReply() {
        socket.onReplied();
        assertThat(told).containsExactly("replied");
    }
}
