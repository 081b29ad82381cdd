package dev.keepsake.front;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.ServerChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.Consumer;

/// Listens without Netty's own acceptor, which would register connections with a loop of its
/// choice. Here each connection goes to its owner, not registered with any loop yet.
final class Listeners {
    private Listeners() {}

    static ChannelFuture listen(
            EventLoop loop,
            Class<? extends ServerChannel> kind,
            SocketAddress address,
            int backlog,
            Consumer<Channel> onAccepted) {
        return new Bootstrap()
                .group(loop)
                .channel(kind)
                .option(ChannelOption.SO_BACKLOG, backlog)
                .option(ChannelOption.SO_REUSEADDR, address instanceof InetSocketAddress)
                .handler(new Acceptor(onAccepted))
                .bind(address);
    }

    @Sharable
    private static final class Acceptor extends ChannelInboundHandlerAdapter {
        private final Consumer<Channel> onAccepted;

        Acceptor(Consumer<Channel> onAccepted) {
            this.onAccepted = onAccepted;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            onAccepted.accept((Channel) message);
        }
    }
}
