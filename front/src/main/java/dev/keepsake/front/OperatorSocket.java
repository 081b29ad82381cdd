package dev.keepsake.front;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import dev.keepsake.engine.Transport;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The Unix socket over which operators connect to a node. It exists while the node listens, and
/// only its owner may open it. Owned by the node's event loop.
final class OperatorSocket {
    private static final Logger LOG = LoggerFactory.getLogger(OperatorSocket.class);
    private static final Set<PosixFilePermission> OWNER_ONLY =
            PosixFilePermissions.fromString("rw-------");

    private final String node;
    private final Path path;
    private final EventLoop loop;
    private final Transport transport;
    private final int backlog;
    private final Consumer<Channel> onAccepted;
    private @Nullable Channel listener;
    private @Nullable Object key;

    /// @param path in a directory that only its owner may enter
    /// @param onAccepted takes connections, on the event loop
    OperatorSocket(
            String node,
            Path path,
            EventLoop loop,
            Transport transport,
            int backlog,
            Consumer<Channel> onAccepted) {
        this.node = node;
        this.path = path;
        this.loop = loop;
        this.transport = transport;
        this.backlog = backlog;
        this.onAccepted = onAccepted;
    }

    Path path() {
        return path;
    }

    /// Listens, if it does not do so yet. A failure is logged, and operators are not admitted then.
    void bind() {
        if (listener != null) {
            return;
        }
        // The socket has a name of its own until it listens: on closing, the channel removes the
        // file that it was bound to, and by then the final name may belong to a new node. That may
        // happen at this very moment, so this name is never used again either. It must not make the
        // path longer.
        var unnamed = path.resolveSibling("~" + Long.toString(loop.ticker().nanoTime(), 36));
        var binding =
                Listeners.listen(
                        loop,
                        transport.domainServerChannel(),
                        transport.domainAddress(unnamed),
                        backlog,
                        onAccepted);
        listener = binding.channel();
        binding.addListener(done -> {
            if (done.isSuccess()) {
                admitOwner(unnamed, binding.channel());
            } else {
                listener = null;
                LOG.error(
                        "node={} does not admit operators, it cannot listen on {}; a shorter path"
                                + " or another directory may help",
                        node,
                        path,
                        done.cause());
            }
        });
    }

    /// Publishes the socket if only its owner can open it; otherwise operators are not admitted.
    private void admitOwner(Path unnamed, Channel listening) {
        try {
            Files.setPosixFilePermissions(unnamed, OWNER_ONLY);
            key = keyOf(unnamed);
            Files.move(unnamed, path, ATOMIC_MOVE); // also over that of a killed process
            LOG.info("node={} admits operators socket={}", node, path);
        } catch (IOException | RuntimeException e) {
            listener = null;
            listening.close();
            LOG.error(
                    "node={} does not admit operators, it cannot restrict {} to its owner; another"
                            + " directory may help",
                    node,
                    path,
                    e);
        }
    }

    /// Stops listening, and removes the socket.
    void close() {
        if (listener == null) {
            return;
        }
        listener.close();
        listener = null;
        try {
            // By now, the file may be the socket of a new node of this name.
            if (Objects.equals(keyOf(path), key)) {
                Files.delete(path);
            }
        } catch (NoSuchFileException e) {
            LOG.debug("node={} has no operators' socket to remove {}", node, path);
        } catch (IOException e) {
            LOG.warn("node={} cannot remove the operators' socket {}", node, path, e);
        }
    }

    /// What distinguishes a file from another one with the same name.
    private static @Nullable Object keyOf(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }
}
