package dev.keepsake.front;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// Carries out CLIENT TRACKING for one client: the engine tracks over the client's own lane, and
/// this class passes on which keys have changed. Owned by the node's event loop.
///
/// When the invalidation messages are for another connection, they arrive over a separate lane,
/// [NewsLane]. To the engine, that lane is the other connection. [Tracking] knows whether tracking
/// is on.
final class ClientTracking implements NewsLane.Tracker {
    /// The client, as far as tracking needs it.
    interface Surroundings {
        Session session();

        /// Opens a lane on which the engine sends invalidation messages for another connection.
        NewsLane openNewsLane(NewsLane.Tracker tracker);

        /// The ACL rules of its user.
        String aclRules();

        /// Whether it has subscriptions.
        boolean isSubscribed();

        /// Sends it a message that answers none of its commands.
        void show(ByteBuf line);

        /// A command that has waited for the news lane can be processed.
        void onNewsLaneReady();

        /// The client relies on invalidation messages that no connection receives any more.
        void onNewsLost();
    }

    private final Surroundings client;
    private final ByteBufAllocator allocator;
    private final LongFunction<@Nullable Client> others;
    private final Tracking tracking = new Tracking();
    private @Nullable NewsLane lane;

    /// @param others finds a client of this node by its id
    ClientTracking(
            Surroundings client,
            ByteBufAllocator allocator,
            LongFunction<@Nullable Client> others) {
        this.client = client;
        this.allocator = allocator;
        this.others = others;
    }

    /// Whether the engine tracks the client's reads, and which connection gets the messages.
    Tracking state() {
        return tracking;
    }

    /// Reads what a command asks for, and opens the lane that it needs.
    ///
    /// @return null when the command has to wait for the engine's number of the lane
    @Nullable TrackingRequest prepare(Arguments arguments) {
        var request = TrackingRequest.of(arguments, others);
        if (request.target() != null) {
            if (lane == null) {
                lane = client.openNewsLane(this);
            }
            if (idOfLane() == 0) {
                return null; // continues when the engine has sent it
            }
        }
        return request;
    }

    /// The engine's number of the news lane, or 0 when there is none.
    private long idOfLane() {
        return lane == null ? 0 : lane.idInEngine();
    }

    /// Asks the engine to track.
    ///
    /// @param own the client's own lane
    void submit(TrackingRequest request, Arguments arguments, OwnLane own) {
        own.useUp();
        own.notePatience(Patience.NONE);
        tracking.ask(request, client.aclRules());
        var command = allocator.ioBuffer(128);
        RespWriter.command(command, request.toEngine(arguments, idOfLane()));
        own.submit(
                command,
                reply -> {
                    tracking.onAnswered(LaneChannel.isText(reply, "+OK"));
                    if (!tracking.isForAnother()) {
                        closeLane();
                    }
                    return reply;
                });
    }

    /// Tracking ends with the lane on which it was requested.
    void end() {
        tracking.end();
        closeLane();
    }

    private void closeLane() {
        if (lane != null) {
            lane.close();
            lane = null;
        }
    }

    @Override
    public void onNewsLaneReady() {
        client.onNewsLaneReady();
    }

    /// Passes an invalidation message for the keys of this client to the connection that the client
    /// has named.
    @Override
    public void onNews(ByteBuf push) {
        var target = tracking.target();
        if (target != null && !target.isClosed()) {
            target.hear(push);
        } else if (target != null) {
            tracking.breakOff();
            if (client.session().protocol() == 3) {
                var broken = allocator.buffer(64);
                RespWriter.push(broken, 2);
                RespWriter.bulk(broken, "tracking-redir-broken");
                RespWriter.integer(broken, target.id());
                client.show(broken);
                broken.release();
            }
        }
    }

    /// Sends an invalidation message for keys that another client tracks: as it is in RESP3, and as
    /// a message in RESP2, where only a client with subscriptions can receive it.
    void hear(ByteBuf push) {
        if (client.session().protocol() == 3) {
            client.show(push);
        } else if (client.isSubscribed()) {
            var message = allocator.buffer(push.readableBytes() + 64);
            RespWriter.array(message, 3);
            RespWriter.bulk(message, "message");
            RespWriter.bulk(message, "__redis__:invalidate");
            int header = NewsLane.headerBytes(push);
            message.writeBytes(push, push.readerIndex() + header, push.readableBytes() - header);
            client.show(message);
            message.release();
        }
    }

    @Override
    public void onNewsLaneLost(NewsLane lost) {
        if (lane == lost) {
            end();
            client.onNewsLost();
        }
    }
}
