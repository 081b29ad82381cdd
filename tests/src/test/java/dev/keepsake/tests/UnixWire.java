package dev.keepsake.tests;

import dev.keepsake.resp.ReplyFramer;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/// As [Wire], over a Unix socket.
final class UnixWire implements AutoCloseable {
    private final SocketChannel channel;
    private final ReplyFramer framer = new ReplyFramer();
    private final ByteBuf received = Unpooled.buffer();
    private final ByteBuffer chunk = ByteBuffer.allocate(64 * 1024);

    private UnixWire(SocketChannel channel) {
        this.channel = channel;
    }

    static UnixWire to(Path socket) throws IOException {
        var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return new UnixWire(channel);
    }

    String ask(String... command) throws IOException {
        send(command);
        return read();
    }

    void send(String... command) throws IOException {
        var out = Unpooled.buffer();
        RespWriter.command(out, command);
        channel.write(out.nioBuffer());
        out.release();
    }

    void sendRaw(ByteBuf bytes) throws IOException {
        bytes.readBytes(channel, bytes.readableBytes());
        bytes.release();
    }

    RespValue askValue(String... command) throws IOException {
        send(command);
        return readValue();
    }

    String read() throws IOException {
        return Wire.show(readValue());
    }

    private RespValue readValue() throws IOException {
        int length = received.isReadable() ? framer.parse(received) : -1;
        while (length < 0) {
            if (readChunk() < 0) {
                throw new EOFException("the node closed the connection");
            }
            length = framer.parse(received);
        }
        return RespValue.decode(received.readSlice(length));
    }

    /// Whether anything has come by now.
    boolean hasReply() throws IOException {
        channel.configureBlocking(false);
        readChunk();
        channel.configureBlocking(true);
        return received.isReadable();
    }

    private int readChunk() throws IOException {
        chunk.clear();
        int count = channel.read(chunk);
        received.discardReadBytes().writeBytes(chunk.flip());
        return count;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        received.release();
    }
}
