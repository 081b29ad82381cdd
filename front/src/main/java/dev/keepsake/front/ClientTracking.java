package dev.keepsake.front;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// Carries out CLIENT TRACKING for one client: has the engine track over the client's own lane, and
/// passes on which keys have changed. Owned by the node's event loop.
///
/// When the news are for another connection, they come over a lane of their own, which the engine
/// takes for that connection. Whether tracking is on is decided by [Tracking].
final class ClientTracking implements NewsLane.Tracker {
    /// What matters of the client.
    interface Surroundings {
        Session session();

        /// A lane on which the engine tells what has changed, for another connection.
        NewsLane openNewsLane(NewsLane.Tracker tracker);

        /// What its user may do.
        String aclRules();

        /// Whether it listens to channels.
        boolean isSubscribed();

        /// Shows it something that answers none of its commands.
        void show(ByteBuf line);

        /// A command that has waited for the news lane may be taken.
        void onNewsLaneReady();

        /// Nobody hears the news any more that it relies on.
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

    /// Whether the engine remembers which keys the client reads, and who is told of them.
    Tracking state() {
        return tracking;
    }

    /// Reads what a command asks for, and opens the lane that it needs.
    ///
    /// @return null when the command has to wait until the engine has said what it calls the lane
    @Nullable TrackingRequest prepare(Arguments arguments) {
        var request = TrackingRequest.of(arguments, others);
        if (request.target() != null) {
            if (lane == null) {
                lane = client.openNewsLane(this);
            }
            if (idOfLane() == 0) {
                return null; // goes on when the engine has said it
            }
        }
        return request;
    }

    /// What the engine calls the news lane, or 0 when there is none.
    private long idOfLane() {
        return lane == null ? 0 : lane.idInEngine();
    }

    /// Has the engine track.
    ///
    /// @param own the lane that the client has for itself
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

    /// Tracking ends with the lane on which it was asked for.
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

    /// What has changed of the keys that this client tracks is for the connection that it has
    /// named.
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

    /// Takes what has changed of the keys that another client tracks: as it comes in RESP3, and as
    /// a message in RESP2, where only those hear it who listen to anything.
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
