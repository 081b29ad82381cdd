package dev.keepsake.front;

import dev.keepsake.engine.Transport;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The listener of a cluster's endpoint: passes each connection to one of the nodes, in turn, as
/// the DNS name of a real cluster resolves to its nodes. A connection is closed when no node
/// serves.
public final class ClusterEndpoint implements AutoCloseable {
    private static final int BACKLOG = 1024;

    private final EventLoop loop;
    private final Transport transport;
    private final Supplier<List<NodeFront>> nodes;
    private int next;
    private @Nullable Channel listener;

    /// @param nodes the nodes that serve at present; called on `loop`
    public ClusterEndpoint(EventLoop loop, Transport transport, Supplier<List<NodeFront>> nodes) {
        this.loop = loop;
        this.transport = transport;
        this.nodes = nodes;
    }

    /// Listens.
    public CompletableFuture<Void> bind(InetSocketAddress address) {
        var bound = new CompletableFuture<Void>();
        loop.execute(() -> {
            var binding =
                    Listeners.listen(
                            loop, transport.serverChannel(), address, BACKLOG, this::onAccepted);
            listener = binding.channel();
            binding.addListener(done -> {
                if (done.isSuccess()) {
                    bound.complete(null);
                } else {
                    bound.completeExceptionally(done.cause());
                }
            });
        });
        return bound;
    }

    private void onAccepted(Channel accepted) {
        var serving = nodes.get();
        if (serving.isEmpty()) {
            accepted.unsafe().closeForcibly();
            return;
        }
        next = (next + 1) % serving.size();
        serving.get(next).adopt(accepted);
    }

    /// Stops listening.
    ///
    /// @return completes when the port is free again
    public CompletableFuture<Void> closeListener() {
        var closed = new CompletableFuture<Void>();
        loop.execute(() -> {
            var open = listener;
            listener = null;
            if (open == null) {
                closed.complete(null);
            } else {
                open.close().addListener(done -> closed.complete(null));
            }
        });
        return closed;
    }

    @Override
    public void close() {
        closeListener();
    }
}
