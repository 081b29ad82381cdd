package dev.keepsake.front;

import dev.keepsake.engine.Transport;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.resp.Trait;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An engine that loads its data, but can already answer which commands it has and how they are
/// used, as Redis does while it is loading. It is asked nothing else. Owned by the node's event
/// loop.
final class LoadingEngine {
    private final EventLoop loop;
    private final Transport transport;
    private final Path socket;
    private final ByteBufAllocator allocator;
    private final Runnable onRepliesRead;
    private @Nullable Lane plain;
    private @Nullable Lane resp3;

    /// @param onRepliesRead called when a lane has passed on what it has read
    LoadingEngine(
            EventLoop loop,
            Transport transport,
            Path socket,
            ByteBufAllocator allocator,
            Runnable onRepliesRead) {
        this.loop = loop;
        this.transport = transport;
        this.socket = socket;
        this.allocator = allocator;
        this.onRepliesRead = onRepliesRead;
    }

    /// Whether the answer to a command depends on the engine's program alone, not on its data.
    static boolean answers(CommandSpec spec) {
        return spec.isServedWhileLoading() && isOfTheProgram(spec);
    }

    private static boolean isOfTheProgram(CommandSpec spec) {
        return spec.handling() == CommandSpec.Handling.SHARED_LANE
                && (spec.is(Trait.OF_PROGRAM) || spec.is(Trait.HELP));
    }

    /// Whether the engine has too much left to take, and is not to be asked anything more.
    boolean isFull() {
        return isFull(plain) || isFull(resp3);
    }

    private static boolean isFull(@Nullable Lane lane) {
        return lane != null && lane.full && !lane.isClosed();
    }

    /// Asks the engine.
    ///
    /// @param command one for which [#answers] is true; is released
    /// @param onReply called with the engine's reply, or with null when the engine is lost, or
    ///   begins to serve before it replies
    void ask(int protocol, ByteBuf command, Consumer<@Nullable ByteBuf> onReply) {
        var present = protocol == 3 ? resp3 : plain;
        if (present != null && !present.isClosed()) {
            present.ask(command, onReply);
            return;
        }
        var lane = new Lane(protocol);
        if (protocol == 3) {
            resp3 = lane;
        } else {
            plain = lane;
        }
        lane.ask(command, onReply);
        lane.connect(); // may fail at once, which calls onReply with null
    }

    /// Asks nothing more. Open questions get null as their reply.
    void close() {
        if (plain != null) {
            plain.giveUp();
        }
        if (resp3 != null) {
            resp3.giveUp();
        }
    }

    private final class Lane extends LaneChannel {
        private final ArrayDeque<Consumer<@Nullable ByteBuf>> askers = new ArrayDeque<>();
        private boolean full;

        Lane(int protocol) {
            if (protocol == 3) {
                var greeting = allocator.buffer(32);
                RespWriter.command(greeting, "HELLO", "3");
                ask(greeting, greeted -> {});
            }
        }

        void connect() {
            connect(loop, transport, socket)
                    .addListener(done -> {
                        if (!done.isSuccess()) {
                            giveUp();
                        }
                    });
        }

        void ask(ByteBuf command, Consumer<@Nullable ByteBuf> onReply) {
            askers.addLast(onReply);
            send(command);
        }

        void giveUp() {
            close();
            onLost();
        }

        @Override
        void onReply(ByteBuf in, int from, int length) {
            var asker = askers.pollFirst();
            if (asker == null) {
                throw new IllegalStateException("the engine sent a reply without a command");
            }
            asker.accept(in.slice(from, length));
        }

        @Override
        void onRepliesRead() {
            onRepliesRead.run();
        }

        @Override
        void onLost() {
            var waiting = List.copyOf(askers);
            askers.clear();
            waiting.forEach(asker -> asker.accept(null));
            onRepliesRead.run();
        }

        @Override
        void onFull(boolean full) {
            this.full = full;
        }
    }
}
