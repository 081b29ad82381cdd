package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;

/// The other end of a lane: takes what it is sent, and says what a test has it say. Its event loop
/// runs when it is asked what it has been sent.
final class FakeEngine {
    final EmbeddedChannel channel = new EmbeddedChannel();

    EventLoop loop() {
        return channel.eventLoop();
    }

    /// What the lane has sent since this was asked before, the turn of the loop being over: words
    /// that are separated by spaces, and commands by lines.
    String taken() {
        channel.runPendingTasks();
        var text = new StringBuilder();
        for (ByteBuf sent = channel.readOutbound(); sent != null; sent = channel.readOutbound()) {
            text.append(sent.toString(ISO_8859_1));
            sent.release();
        }
        return text.toString()
                .replaceAll("\\*\\d+\r\n", "\n")
                .replaceAll("\\$\\d+\r\n", " ")
                .replace("\r\n", "")
                .replace("\n ", "\n")
                .strip();
    }

    /// Says something in one piece.
    void says(String wire) {
        channel.writeInbound(Unpooled.copiedBuffer(wire, ISO_8859_1));
    }

    /// Says how far the engine's stream has come: the answer to a barrier.
    void saysOffset(long offset) {
        says(role(offset));
    }

    static String role(long offset) {
        return "*3\r\n$6\r\nmaster\r\n:%d\r\n*0\r\n".formatted(offset);
    }

    /// Closes the connection.
    void closes() {
        channel.close();
        channel.runPendingTasks();
    }

    /// Takes nothing for a while, or again.
    void full(boolean full) {
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, !full);
        channel.runPendingTasks();
    }

    /// Releases what is under way, at the end of a test.
    void end() {
        channel.finishAndReleaseAll();
    }
}
