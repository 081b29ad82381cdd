package dev.keepsake.engine;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueDomainSocketChannel;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerDomainSocketChannel;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import jdk.net.ExtendedSocketOptions;

/// The event loops and socket types of this machine. Owns its threads. Any thread may call every
/// method.
public final class Transport implements AutoCloseable {
    /// The kinds of event loops, the preferred one first (see decision 0009).
    public enum Kind {
        /// Linux's epoll.
        EPOLL,
        /// Linux's io_uring, if the kernel has it and the container allows it.
        IO_URING,
        /// macOS's kqueue.
        KQUEUE,
        /// The JDK's, on every machine.
        NIO;

        /// Whether this machine supports it.
        public boolean isAvailable() {
            return switch (this) {
                case EPOLL -> Epoll.isAvailable();
                case IO_URING -> IoUring.isAvailable();
                case KQUEUE -> KQueue.isAvailable();
                case NIO -> true;
            };
        }
    }

    private static final int CLOSE_TIMEOUT_S = 2;
    private static final int KEEP_ALIVE_PROBES = 3;

    private final String name;
    private final EventLoopGroup group;
    private final Class<? extends ServerChannel> serverChannel;
    private final Class<? extends Channel> clientChannel;
    private final Class<? extends ServerChannel> domainServerChannel;
    private final Class<? extends Channel> domainChannel;
    private final Function<Path, SocketAddress> domainAddress;

    private Transport(
            String name,
            int threads,
            IoHandlerFactory handlers,
            Class<? extends ServerChannel> serverChannel,
            Class<? extends Channel> clientChannel,
            Class<? extends ServerChannel> domainServerChannel,
            Class<? extends Channel> domainChannel,
            Function<Path, SocketAddress> domainAddress) {
        this.name = name;
        this.group =
                new MultiThreadIoEventLoopGroup(
                        threads, new DefaultThreadFactory("keepsake-" + name), handlers);
        this.serverChannel = serverChannel;
        this.clientChannel = clientChannel;
        this.domainServerChannel = domainServerChannel;
        this.domainChannel = domainChannel;
        this.domainAddress = domainAddress;
    }

    /// Starts event loops of the first kind that this machine supports.
    public static Transport best(int threads) {
        for (var kind : Kind.values()) {
            if (kind.isAvailable()) {
                return of(kind, threads);
            }
        }
        throw new IllegalStateException("NIO is not available, though every JDK has it");
    }

    /// Starts event loops of a kind that this machine supports.
    public static Transport of(Kind kind, int threads) {
        return switch (kind) {
            case EPOLL -> epoll(threads);
            case IO_URING -> ioUring(threads);
            case KQUEUE -> kqueue(threads);
            case NIO -> nio(threads);
        };
    }

    private static Transport ioUring(int threads) {
        return new Transport(
                "io_uring",
                threads,
                IoUringIoHandler.newFactory(),
                IoUringServerSocketChannel.class,
                IoUringSocketChannel.class,
                IoUringServerDomainSocketChannel.class,
                IoUringDomainSocketChannel.class,
                socket -> new DomainSocketAddress(socket.toFile()));
    }

    private static Transport epoll(int threads) {
        return new Transport(
                "epoll",
                threads,
                EpollIoHandler.newFactory(),
                EpollServerSocketChannel.class,
                EpollSocketChannel.class,
                EpollServerDomainSocketChannel.class,
                EpollDomainSocketChannel.class,
                socket -> new DomainSocketAddress(socket.toFile()));
    }

    private static Transport kqueue(int threads) {
        return new Transport(
                "kqueue",
                threads,
                KQueueIoHandler.newFactory(),
                KQueueServerSocketChannel.class,
                KQueueSocketChannel.class,
                KQueueServerDomainSocketChannel.class,
                KQueueDomainSocketChannel.class,
                socket -> new DomainSocketAddress(socket.toFile()));
    }

    private static Transport nio(int threads) {
        return new Transport(
                "nio",
                threads,
                NioIoHandler.newFactory(),
                NioServerSocketChannel.class,
                NioSocketChannel.class,
                NioServerDomainSocketChannel.class,
                NioDomainSocketChannel.class,
                UnixDomainSocketAddress::of);
    }

    /// `epoll`, `io_uring`, `kqueue` or `nio`.
    public String name() {
        return name;
    }

    /// The event loops, for servers and clients alike.
    public EventLoopGroup group() {
        return group;
    }

    /// The type of TCP listeners.
    public Class<? extends ServerChannel> serverChannel() {
        return serverChannel;
    }

    /// The type of outgoing TCP connections.
    public Class<? extends Channel> clientChannel() {
        return clientChannel;
    }

    /// The type of listeners on Unix sockets.
    public Class<? extends ServerChannel> domainServerChannel() {
        return domainServerChannel;
    }

    /// The type of connections to Unix sockets, such as an engine's.
    public Class<? extends Channel> domainChannel() {
        return domainChannel;
    }

    /// The address for a [#domainChannel()] or a [#domainServerChannel()].
    public SocketAddress domainAddress(Path socket) {
        return domainAddress.apply(socket);
    }

    /// Makes the system probe a TCP connection that has been quiet for `quietSeconds`, as Redis
    /// does: three times within the same time again, then the connection is closed. Where these
    /// intervals cannot be set (kqueue), the system's own apply.
    ///
    /// @param quietSeconds 0 for never
    public void keepAlive(Channel channel, int quietSeconds) {
        var config = channel.config();
        config.setOption(ChannelOption.SO_KEEPALIVE, quietSeconds > 0);
        if (quietSeconds > 0) {
            int againSeconds = Math.max(1, quietSeconds / KEEP_ALIVE_PROBES);
            if (channel instanceof EpollSocketChannel) {
                config.setOption(EpollChannelOption.TCP_KEEPIDLE, quietSeconds);
                config.setOption(EpollChannelOption.TCP_KEEPINTVL, againSeconds);
                config.setOption(EpollChannelOption.TCP_KEEPCNT, KEEP_ALIVE_PROBES);
            } else if (channel instanceof IoUringSocketChannel) {
                config.setOption(IoUringChannelOption.TCP_KEEPIDLE, quietSeconds);
                config.setOption(IoUringChannelOption.TCP_KEEPINTVL, againSeconds);
                config.setOption(IoUringChannelOption.TCP_KEEPCNT, KEEP_ALIVE_PROBES);
            } else if (channel instanceof NioSocketChannel) {
                config.setOption(
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), quietSeconds);
                config.setOption(
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), againSeconds);
                config.setOption(
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT),
                        KEEP_ALIVE_PROBES);
            }
        }
    }

    /// Closes everything that is open on the event loops and ends them. Waits a bounded time. Must
    /// not be called on an event loop.
    @Override
    public void close() {
        group.shutdownGracefully(0, CLOSE_TIMEOUT_S, TimeUnit.SECONDS)
                .awaitUninterruptibly(2L * CLOSE_TIMEOUT_S, TimeUnit.SECONDS);
    }
}
