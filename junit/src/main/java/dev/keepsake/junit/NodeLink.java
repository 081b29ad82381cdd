package dev.keepsake.junit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/// A connection to a node, for commands whose reply is one line. Owned by one thread.
final class NodeLink implements AutoCloseable {
    private static final int WITHIN_MS = Math.toIntExact(TimeUnit.SECONDS.toMillis(20));
    private static final int LINE_MAX_BYTES = 64 * 1024;

    private final Socket socket;

    private NodeLink(Socket socket) {
        this.socket = socket;
    }

    /// Connects.
    ///
    /// @param trust for TLS, or null for plain TCP
    static NodeLink to(ClusterCalls.Address node, @Nullable SSLContext trust) throws IOException {
        var plain = new Socket();
        try {
            plain.connect(new InetSocketAddress(node.host(), node.port()), WITHIN_MS);
            plain.setSoTimeout(WITHIN_MS);
            return new NodeLink(trust == null ? plain : encrypted(plain, node, trust));
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    private static Socket encrypted(Socket plain, ClusterCalls.Address node, SSLContext trust)
            throws IOException {
        var socket =
                (SSLSocket)
                        trust.getSocketFactory()
                                .createSocket(plain, node.host(), node.port(), true);
        var parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /// Sends a command and reads its reply, with its first character, such as `+OK`.
    String ask(String... words) throws IOException {
        // No formats: these would write the digits of the machine's language.
        var command = new StringBuilder();
        command.append('*').append(words.length).append("\r\n");
        for (var word : words) {
            command.append('$').append(word.getBytes(UTF_8).length).append("\r\n");
            command.append(word).append("\r\n");
        }
        socket.getOutputStream().write(command.toString().getBytes(UTF_8));
        socket.getOutputStream().flush();
        return line();
    }

    private String line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int c = socket.getInputStream().read();
                c != '\r';
                c = socket.getInputStream().read()) {
            if (c < 0) {
                throw new EOFException("the node has closed the connection");
            }
            if (line.size() == LINE_MAX_BYTES) {
                throw new IOException("the node's reply is longer than one line");
            }
            line.write(c);
        }
        if (socket.getInputStream().read() != '\n') {
            throw new IOException("the node's reply has no end of line");
        }
        return line.toString(UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
