package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.NodePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Holds the ports that clusters requested by number, until the clusters listen on them. A held
/// port is bound and listened on: binding alone would not keep out a process that may reuse
/// addresses, and a socket that may not reuse addresses could not get a port that was in use a
/// minute ago. Any thread.
final class AskedPorts implements NodePorts.Holds, AutoCloseable {
    private final String host;
    private final Map<ClusterId, ServerSocket> held = new HashMap<>();

    AskedPorts(String host) {
        this.host = host;
    }

    @Override
    public synchronized boolean hold(ClusterId cluster, int port) {
        try {
            var socket = new ServerSocket();
            try {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(host, port), 1);
            } catch (IOException e) {
                socket.close();
                throw e;
            }
            close(held.put(cluster, socket));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /// Whether a port is held for a cluster.
    synchronized boolean isHeld(int port) {
        return held.values().stream().anyMatch(each -> each.getLocalPort() == port);
    }

    /// Whether this port is held for this cluster.
    synchronized boolean isHeldBy(ClusterId cluster, int port) {
        var socket = held.get(cluster);
        return socket != null && socket.getLocalPort() == port;
    }

    /// Releases the port of a cluster, so that the cluster can listen itself, or because it does
    /// not need the port any more.
    synchronized void release(ClusterId cluster) {
        close(held.remove(cluster));
    }

    /// The clusters whose ports are held.
    synchronized List<ClusterId> holders() {
        return List.copyOf(held.keySet());
    }

    @Override
    public synchronized void close() {
        new ArrayList<>(held.keySet()).forEach(this::release);
    }

    private static void close(@Nullable ServerSocket socket) {
        if (socket == null) {
            return;
        }
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
