package dev.keepsake.tests;

import dev.keepsake.resp.ReplyFramer;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.memorydb.model.Node;

/// A client that shows every byte: for what libraries hide.
final class Wire implements AutoCloseable {
    private final Socket socket;
    private final ReplyFramer framer = new ReplyFramer();
    private final ByteBuf received = Unpooled.buffer();
    private final byte[] chunk = new byte[64 * 1024];

    private Wire(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(Waiting.REPLY_WITHIN_MS);
    }

    private static Socket connected(String host, int port) throws IOException {
        var socket = new Socket();
        socket.connect(new InetSocketAddress(host, port), Waiting.REPLY_WITHIN_MS);
        return socket;
    }

    static Wire to(Node node) throws IOException {
        return new Wire(connected(node.endpoint().address(), node.endpoint().port()));
    }

    static Wire to(InetSocketAddress address) throws IOException {
        return new Wire(connected(address.getHostString(), address.getPort()));
    }

    /// Over TLS, trusting whom the trust says.
    static Wire to(Node node, Trust trust) throws IOException {
        var endpoint = node.endpoint();
        return new Wire(
                trust.handshake(
                        connected(endpoint.address(), endpoint.port()), endpoint.address()));
    }

    /// Sends a command and returns its reply as [#show] puts it.
    String ask(String... command) throws IOException {
        send(command);
        return read();
    }

    void send(String... command) throws IOException {
        var out = Unpooled.buffer();
        RespWriter.command(out, command);
        sendRaw(out);
    }

    /// Sends commands in one piece.
    void sendAll(List<List<String>> commands) throws IOException {
        var out = Unpooled.buffer();
        commands.forEach(command -> RespWriter.command(out, command.toArray(new String[0])));
        sendRaw(out);
    }

    void sendRaw(String bytes) throws IOException {
        sendRaw(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
    }

    void sendRaw(ByteBuf bytes) throws IOException {
        bytes.readBytes(socket.getOutputStream(), bytes.readableBytes());
        bytes.release();
    }

    /// The next reply.
    String read() throws IOException {
        return show(readValue());
    }

    RespValue readValue() throws IOException {
        return RespValue.decode(nextReply());
    }

    /// The next reply as its bytes are, one character for each.
    String readBytes() throws IOException {
        return nextReply().toString(StandardCharsets.ISO_8859_1);
    }

    private ByteBuf nextReply() throws IOException {
        int length = received.isReadable() ? framer.parse(received) : -1;
        while (length < 0) {
            int count = socket.getInputStream().read(chunk);
            if (count < 0) {
                throw new EOFException("the node closed the connection");
            }
            received.discardReadBytes().writeBytes(chunk, 0, count);
            length = framer.parse(received);
        }
        return received.readSlice(length);
    }

    /// Whether a reply arrives within some milliseconds.
    boolean hasReplyWithin(int timeoutMs) throws IOException {
        if (received.isReadable()) {
            return true;
        }
        socket.setSoTimeout(timeoutMs);
        try {
            int count = socket.getInputStream().read(chunk);
            if (count > 0) {
                received.discardReadBytes().writeBytes(chunk, 0, count);
            }
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } finally {
            socket.setSoTimeout(Waiting.REPLY_WITHIN_MS);
        }
    }

    /// As these tests write replies: errors begin with `-`, arrays are in brackets.
    static String show(RespValue value) {
        return switch (value) {
            case RespValue.SimpleString(String text) -> text;
            case RespValue.ErrorReply(String text) -> "-" + text;
            case RespValue.IntegerReply(long number) -> Long.toString(number);
            case RespValue.Bulk bulk -> bulk.utf8();
            case RespValue.NullReply() -> "nil";
            case RespValue.Scalar(String text) -> text;
            case RespValue.ArrayReply(List<RespValue> items) ->
                    items.stream().map(Wire::show).collect(Collectors.joining(" ", "[", "]"));
        };
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException _) {
            // its descriptor is free all the same
        }
        received.release();
    }
}
