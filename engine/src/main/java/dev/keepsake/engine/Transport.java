package dev.keepsake.engine;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueDomainSocketChannel;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/// The event loops and socket kinds of this machine: the best that Netty offers here. Owns its
/// threads; everything may be called from any thread.
public final class Transport implements AutoCloseable {
    private static final int CLOSE_TIMEOUT_S = 2;

    private final String name;
    private final EventLoopGroup group;
    private final Class<? extends ServerChannel> serverChannel;
    private final Class<? extends Channel> clientChannel;
    private final Class<? extends Channel> domainChannel;
    private final Function<Path, SocketAddress> domainAddress;

    private Transport(
            String name,
            int threads,
            IoHandlerFactory handlers,
            Class<? extends ServerChannel> serverChannel,
            Class<? extends Channel> clientChannel,
            Class<? extends Channel> domainChannel,
            Function<Path, SocketAddress> domainAddress) {
        this.name = name;
        this.group =
                new MultiThreadIoEventLoopGroup(
                        threads, new DefaultThreadFactory("keepsake-" + name), handlers);
        this.serverChannel = serverChannel;
        this.clientChannel = clientChannel;
        this.domainChannel = domainChannel;
        this.domainAddress = domainAddress;
    }

    /// Starts event loops on epoll (Linux), kqueue (macOS), or else NIO.
    public static Transport best(int threads) {
        if (Epoll.isAvailable()) {
            return epoll(threads);
        }
        if (KQueue.isAvailable()) {
            return kqueue(threads);
        }
        return nio(threads);
    }

    static Transport epoll(int threads) {
        return new Transport(
                "epoll",
                threads,
                EpollIoHandler.newFactory(),
                EpollServerSocketChannel.class,
                EpollSocketChannel.class,
                EpollDomainSocketChannel.class,
                socket -> new DomainSocketAddress(socket.toFile()));
    }

    static Transport kqueue(int threads) {
        return new Transport(
                "kqueue",
                threads,
                KQueueIoHandler.newFactory(),
                KQueueServerSocketChannel.class,
                KQueueSocketChannel.class,
                KQueueDomainSocketChannel.class,
                socket -> new DomainSocketAddress(socket.toFile()));
    }

    static Transport nio(int threads) {
        return new Transport(
                "nio",
                threads,
                NioIoHandler.newFactory(),
                NioServerSocketChannel.class,
                NioSocketChannel.class,
                NioDomainSocketChannel.class,
                UnixDomainSocketAddress::of);
    }

    /// `epoll`, `kqueue` or `nio`.
    public String name() {
        return name;
    }

    /// The event loops, for servers and clients alike.
    public EventLoopGroup group() {
        return group;
    }

    /// What listens on TCP.
    public Class<? extends ServerChannel> serverChannel() {
        return serverChannel;
    }

    /// What connects over TCP.
    public Class<? extends Channel> clientChannel() {
        return clientChannel;
    }

    /// What connects to a Unix socket, such as an engine's.
    public Class<? extends Channel> domainChannel() {
        return domainChannel;
    }

    /// The address to connect a [#domainChannel()] to.
    public SocketAddress domainAddress(Path socket) {
        return domainAddress.apply(socket);
    }

    /// Closes what is still open on the event loops and ends them. Waits, but not for long; not to
    /// be called on one of them.
    @Override
    public void close() {
        group.shutdownGracefully(0, CLOSE_TIMEOUT_S, TimeUnit.SECONDS)
                .awaitUninterruptibly(2L * CLOSE_TIMEOUT_S, TimeUnit.SECONDS);
    }
}
