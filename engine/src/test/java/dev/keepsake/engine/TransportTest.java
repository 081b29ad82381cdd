package dev.keepsake.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(300)
final class TransportTest {
    @TempDir private Path directory;

    @Test
    void theBestOneIsTheNativeOneWhereThereIsOne() {
        assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
        assertThat(Epoll.isAvailable()).as("%s", Epoll.unavailabilityCause()).isTrue();
        try (var transport = Transport.best(1)) {
            assertThat(transport.name()).isEqualTo("epoll");
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.Kind.class)
    void eachKindConnectsOverTcpAndUnixSockets(Transport.Kind kind) throws Exception {
        assumeThat(kind.isAvailable()).as("%s is not there", kind).isTrue();
        try (var transport = Transport.of(kind, 1)) {
            assertThat(transport.name()).isEqualTo(kind.name().toLowerCase(Locale.ROOT));
            connectsOverTcp(transport);
            connectsOverAUnixSocket(transport);
        }
    }

    @Test
    void closingEndsTheEventLoops() {
        var transport = Transport.best(2);
        transport.close();
        transport.close();
        assertThat(transport.group().isTerminated()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aQuietConnectionIsAskedAsTheTransportCan(Transport.Kind kind) throws Exception {
        assumeThat(kind.isAvailable()).isTrue();
        try (var transport = Transport.of(kind, 1)) {
            asksQuietConnections(transport);
        }
    }

    private static void asksQuietConnections(Transport transport) throws InterruptedException {
        var server =
                new ServerBootstrap()
                        .group(transport.group())
                        .channel(transport.serverChannel())
                        .childHandler(new ChannelInboundHandlerAdapter())
                        .bind(InetAddress.getLoopbackAddress(), 0)
                        .sync()
                        .channel();
        var client =
                new Bootstrap()
                        .group(transport.group())
                        .channel(transport.clientChannel())
                        .handler(new ChannelInboundHandlerAdapter())
                        .connect(server.localAddress())
                        .sync()
                        .channel();
        transport.keepAlive(client, 60);
        assertThat(client.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
        if (transport.name().equals("epoll")) {
            assertThat(client.config().getOption(EpollChannelOption.TCP_KEEPIDLE)).isEqualTo(60);
            assertThat(client.config().getOption(EpollChannelOption.TCP_KEEPINTVL)).isEqualTo(20);
            assertThat(client.config().getOption(EpollChannelOption.TCP_KEEPCNT)).isEqualTo(3);
        } else if (transport.name().equals("nio")) {
            assertThat(
                            client.config()
                                    .getOption(
                                            NioChannelOption.of(
                                                    ExtendedSocketOptions.TCP_KEEPIDLE)))
                    .isEqualTo(60);
        }
        transport.keepAlive(client, 0);
        assertThat(client.config().getOption(ChannelOption.SO_KEEPALIVE)).isFalse();
        client.close().sync();
        server.close().sync();
    }

    private static void connectsOverTcp(Transport transport) throws InterruptedException {
        var server =
                new ServerBootstrap()
                        .group(transport.group())
                        .channel(transport.serverChannel())
                        .childHandler(new ChannelInboundHandlerAdapter())
                        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .sync()
                        .channel();
        var client =
                client(transport)
                        .channel(transport.clientChannel())
                        .connect(server.localAddress())
                        .sync()
                        .channel();
        assertThat(client.isActive()).isTrue();
    }

    private void connectsOverAUnixSocket(Transport transport)
            throws IOException, InterruptedException {
        var socket = directory.resolve("s");
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            var connected =
                    client(transport)
                            .channel(transport.domainChannel())
                            .connect(transport.domainAddress(socket));
            assertThat(connected.await(120, TimeUnit.SECONDS)).isTrue();
            assertThat(connected.cause()).isNull();
        }
    }

    private static Bootstrap client(Transport transport) {
        return new Bootstrap().group(transport.group()).handler(new ChannelInboundHandlerAdapter());
    }
}
