package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;

/// The other end of a lane: takes the lane's commands, and sends the replies of a test. Its event
/// loop runs when a test asks for the commands.
final class FakeEngine {
    final EmbeddedChannel channel = new EmbeddedChannel();

    EventLoop loop() {
        return channel.eventLoop();
    }

    /// The commands that the lane has sent since the last call, after the turn of the loop is over:
    /// with a blank between words and a line for each command.
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

    /// Sends these bytes in one piece.
    void says(String wire) {
        channel.writeInbound(Unpooled.copiedBuffer(wire, ISO_8859_1));
    }

    /// Sends the offset of the engine's stream, the answer to a barrier.
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

    /// Stops reading, or continues.
    void full(boolean full) {
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, !full);
        channel.runPendingTasks();
    }

    /// Releases what is under way, at the end of a test.
    void end() {
        channel.finishAndReleaseAll();
    }
}
