package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Clients of a node that are never waited for: they send what fits into their sockets, and read
/// only when a test says so. One thread.
final class Attackers implements AutoCloseable {
    private final List<SocketChannel> all = new ArrayList<>();

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(ISO_8859_1));
    }

    /// Connects one more.
    SocketChannel connect(Node node) throws IOException {
        var address = new InetSocketAddress(node.endpoint().address(), node.endpoint().port());
        var channel = SocketChannel.open(address);
        all.add(channel);
        channel.configureBlocking(false);
        return channel;
    }

    /// In the order in which they connected, without those who have left.
    List<SocketChannel> all() {
        return all;
    }

    boolean any(Predicate<SocketChannel> what) {
        return all.stream().anyMatch(what);
    }

    int count(Predicate<SocketChannel> what) {
        return (int) all.stream().filter(what).count();
    }

    void leave(SocketChannel attacker) throws IOException {
        all.remove(attacker);
        attacker.close();
    }

    /// Sends as much as fits into the socket.
    ///
    /// @return whether the node is still connected
    static boolean send(SocketChannel to, ByteBuffer bytes) {
        try {
            to.write(bytes);
            return true;
        } catch (IOException closed) {
            return false;
        }
    }

    /// Reads nothing of what the node has sent, but sees by what it sends whether it is there.
    static boolean isCutOff(SocketChannel attacker) {
        return !send(attacker, bytes("\r\n"));
    }

    @Override
    public void close() throws IOException {
        for (var attacker : all) {
            attacker.close();
        }
        all.clear();
    }
}
