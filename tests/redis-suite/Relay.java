import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/// Carries connections to a port of this machine over to a Unix socket, which Tcl cannot open.
///
/// `java Relay.java PORT SOCKET`, until it is killed.
final class Relay {
    private Relay() {}

    public static void main(String[] arguments) throws IOException {
        var target = UnixDomainSocketAddress.of(arguments[1]);
        int port = Integer.parseInt(arguments[0]);
        try (var listener = new ServerSocket(port, 128, InetAddress.getLoopbackAddress())) {
            while (true) {
                var client = listener.accept();
                client.setTcpNoDelay(true);
                var node = SocketChannel.open(StandardProtocolFamily.UNIX);
                try {
                    node.connect(target);
                } catch (IOException e) {
                    node.close();
                    client.close();
                    continue;
                }
                start(client, node, client::getInputStream, () -> Channels.newOutputStream(node));
                start(client, node, () -> Channels.newInputStream(node), client::getOutputStream);
            }
        }
    }

    private interface Opening<T> {
        T open() throws IOException;
    }

    private static void start(
            Socket client, SocketChannel node, Opening<InputStream> from, Opening<OutputStream> to) {
        Thread.ofPlatform().daemon().start(() -> carry(client, node, from, to));
    }

    /// When one end closes, so does the other.
    private static void carry(
            Socket client, SocketChannel node, Opening<InputStream> from, Opening<OutputStream> to) {
        try (client;
                node) {
            from.open().transferTo(to.open());
        } catch (IOException _) {
            // gone, and so is the other end now
        }
    }
}
