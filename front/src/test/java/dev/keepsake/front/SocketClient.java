package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.keepsake.resp.ReplyFramer;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A client of a front. Replies are shown as they came, with blanks for line breaks and none at the
/// end.
final class SocketClient implements AutoCloseable {
    /// Stands behind the last reply when the front has closed the connection.
    static final String CLOSED = "closed";

    private static final long WITHIN_SECONDS = 60;

    private final SocketChannel channel;
    private final LinkedBlockingQueue<String> replies = new LinkedBlockingQueue<>();

    SocketClient(SocketAddress address) throws IOException {
        this.channel = SocketChannel.open(address);
        Thread.ofVirtual().start(this::listen);
    }

    private void listen() {
        var framer = new ReplyFramer();
        var in = Unpooled.buffer();
        var chunk = ByteBuffer.allocate(64 << 10);
        try {
            while (channel.read(chunk) >= 0) {
                in.writeBytes(chunk.flip());
                chunk.clear();
                for (int length = framer.parse(in); length > 0; length = framer.parse(in)) {
                    replies.add(
                            in.readSlice(length)
                                    .toString(UTF_8)
                                    .replace("\r\n", " ")
                                    .stripTrailing());
                }
                in.discardReadBytes();
            }
        } catch (IOException _) {
            // reset
        }
        replies.add(CLOSED);
    }

    /// Gives one command.
    void send(String... words) throws IOException {
        var bytes = Commands.bytes(words).nioBuffer();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /// The next reply, or null when none has come yet.
    @Nullable String poll() {
        return replies.poll();
    }

    /// Waits for the next reply.
    String read() throws InterruptedException {
        return requireNonNull(replies.poll(WITHIN_SECONDS, TimeUnit.SECONDS), "no reply comes");
    }

    /// Gives one command, and reads its reply.
    ///
    /// @param line whose words have blanks between them
    String ask(String line) throws IOException, InterruptedException {
        send(line.split(" ", -1));
        return read();
    }

    /// Its address, as CLIENT LIST shows it.
    String address() throws IOException {
        var local = (InetSocketAddress) channel.getLocalAddress();
        return local.getAddress().getHostAddress() + ":" + local.getPort();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
