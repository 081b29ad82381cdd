package dev.keepsake.front;

import dev.keepsake.shard.Durability;
import io.netty.channel.EventLoop;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The clients of one node, and the bounds that they are kept within. Owned by the node's event
/// loop.
///
/// [#watch] enforces the bounds of time and those of all clients together. Memory is also measured
/// in between, whenever enough has been added.
final class Clients {
    /// A client, for its node.
    interface Member extends Client, MemoryWatch.Holder {
        /// The node reads commands again, or reads no more.
        void onReadingChanged();

        /// Whether a command of it may have been executed whose reply it has not got.
        boolean awaitsReplies();

        /// Whether the engine owes it no reply, except that to a command that waits for data.
        boolean isAnswered();

        /// Whether its subscriptions have been confirmed, but no engine knows them at present.
        boolean isBetweenEngines();

        /// Leaves an engine that is about to become a primary, if the client loses nothing by that
        /// but what [#resumeSubscriptions] restores.
        ///
        /// @return false when it would lose more
        boolean partFromEngine();

        /// The node serves: its engine is sent the client's subscriptions.
        void resumeSubscriptions();

        /// Another node leads the shard: the client's subscriptions to the shard's channels end.
        void endShardSubscriptions();

        /// Whether it has subscriptions.
        boolean isSubscribed();

        /// Whether it still receives what its user may not ask for any more.
        boolean hearsBeyondItsRights();

        /// How many bytes have been sent to it that it has not read yet.
        long unsentBytes();

        /// Whether it has left more unsent than it may. To be called regularly.
        boolean leavesTooMuch(ClientLimits.Output limit, long nowNs);

        /// Whether it has neither sent nor received anything for so long, and does not wait for
        /// anything either.
        boolean isIdle(long idleNs, long nowNs);

        /// Answers with an error and closes.
        void refuseConnection(String error);

        /// Closes the connection so that the client sees a failure at once, not an orderly end.
        void reset();
    }

    /// The node, as far as its clients depend on it.
    interface Node {
        /// Whether commands are read and carried out.
        boolean takesCommands();

        /// Whether no commands that have been read are carried out.
        boolean isPaused();

        /// Clients use too much memory, or no longer do. While they do, the engine is asked nothing
        /// more for them.
        void onMemoryOver();
    }

    private static final String TOO_MANY = "ERR max number of clients reached";

    private final EventLoop loop;
    private final FrontOptions options;
    private final Allowance.Share connections;
    private final Durability<Parked> durability;
    private final MemoryWatch memory;
    private final Outbox outbox;
    private final LargeReplies largeReplies;
    private final Monitors monitors;
    private final Node node;
    private final Set<Member> all = new HashSet<>();
    private ClientLimits limits = ClientLimits.STANDARD;
    private long nextId = 1;
    private long commands;
    private boolean roomFreed;

    /// @param connections the connections of this node
    /// @param memory the memory that the clients use
    /// @param outbox the clients that are sent something at the end of the turn
    Clients(
            EventLoop loop,
            FrontOptions options,
            Allowance.Share connections,
            Durability<Parked> durability,
            MemoryWatch memory,
            Outbox outbox,
            LargeReplies largeReplies,
            Monitors monitors,
            Node node) {
        this.loop = loop;
        this.options = options;
        this.connections = connections;
        this.durability = durability;
        this.memory = memory;
        this.outbox = outbox;
        this.largeReplies = largeReplies;
        this.monitors = monitors;
        this.node = node;
    }

    // ---- which clients there are

    /// All connected clients.
    Collection<? extends Client> all() {
        return Collections.unmodifiableSet(all);
    }

    /// The client with this id, or null when there is none.
    @Nullable Client find(long id) {
        for (var client : all) {
            if (client.id() == id) {
                return client;
            }
        }
        return null;
    }

    /// An id that no client has had.
    long newId() {
        return nextId++;
    }

    void onConnected(Member client) {
        all.add(client);
        if (!connections.take(1)) {
            connections.count(1); // until this client is closed
            client.refuseConnection(TOO_MANY);
        } else if (all.size() > options.maxConnections()) {
            client.refuseConnection(TOO_MANY);
        }
    }

    void onDisconnected(Member client) {
        all.remove(client);
        connections.count(-1);
        monitors.remove(client);
    }

    /// Calls the action for each client. The action may close it.
    void forEach(Consumer<? super Member> action) {
        List.copyOf(all).forEach(action);
    }

    /// Whether the predicate is true of all clients.
    boolean allMatch(Predicate<? super Member> predicate) {
        return all.stream().allMatch(predicate);
    }

    /// Lets each client check again whether its commands may be read and carried out.
    void look() {
        forEach(Member::onReadingChanged);
    }

    /// One of them has given one more command.
    void countCommand() {
        commands++;
    }

    /// How many commands they have given.
    long commands() {
        return commands;
    }

    // ---- what they are sent

    /// The clients that are sent something at the end of the turn.
    Outbox outbox() {
        return outbox;
    }

    /// Sends the replies that are gathered in this turn.
    void flush() {
        outbox.flush();
    }

    /// Answers replies that have waited long enough for a log without room with an error, if their
    /// commands have changed nothing.
    void giveUpWaiting(String error) {
        forEach(client -> client.replies().giveUpWaiting(error));
        flush();
    }

    // ---- which clients are closed

    /// Sets when clients are closed, from now on.
    void limit(ClientLimits wanted) {
        limits = wanted;
    }

    ClientLimits limits() {
        return limits;
    }

    /// Disconnects the clients that match.
    void disconnect(Predicate<? super Member> meant) {
        forEach(client -> {
            if (meant.test(client)) {
                client.disconnect();
            }
        });
    }

    /// Resets the clients that match.
    void reset(Predicate<? super Member> meant) {
        forEach(client -> {
            if (meant.test(client)) {
                client.reset();
            }
        });
    }

    /// Resets all clients. The memory that was measured for them is free for the clients of other
    /// nodes, and is not measured again.
    void end() {
        forEach(Member::reset);
        memory.forgetMeasured();
    }

    /// Keeps clients within the bounds of time, of unread replies and of memory. To be called
    /// regularly.
    void watch() {
        enforceLimits();
        boundOutput();
        boundMemory();
        endStall();
    }

    /// Closes clients that are idle for too long, or leave too much unsent.
    private void enforceLimits() {
        long nowNs = loop.ticker().nanoTime();
        for (var client : List.copyOf(all)) {
            var output = client.isSubscribed() ? limits.subscribers() : limits.clients();
            if (client.leavesTooMuch(output, nowNs)) {
                client.reset();
            } else if (limits.idleNs() > 0
                    && client.isIdle(limits.idleNs(), nowNs)
                    && !monitors.has(client)
                    && !node.isPaused()) {
                client.disconnect();
            }
        }
    }

    /// Closes clients that do not read their replies, those with most unread bytes first, until the
    /// rest is within the bound.
    private void boundOutput() {
        long total = all.stream().mapToLong(Member::unsentBytes).sum();
        closeWorst(total - options.maxTotalOutputBytes(), "leaves too many bytes unread");
    }

    /// Closes the clients with most unread bytes, when lanes are stopped for large replies alone.
    private void endStall() {
        closeWorst(
                largeReplies.stalledBytes(),
                "does not read its replies, and other clients wait behind it");
    }

    /// Closes the clients with most unread bytes, until their bytes add up to this number.
    private void closeWorst(long bytes, String reason) {
        if (bytes <= 0) {
            return;
        }
        long left = bytes;
        for (var worst : MemoryWatch.worstFirst(all, Member::unsentBytes)) {
            long unsent = worst.unsentBytes();
            if (unsent == 0 || left <= 0) {
                return;
            }
            left -= unsent;
            worst.closeFor(reason);
        }
    }

    // ---- what they use

    /// The memory that the clients use.
    MemoryWatch memory() {
        return memory;
    }

    /// So many more bytes are on their way to clients.
    void noteGrowth(long bytes) {
        if (memory.noteGrowth(bytes)) {
            measureMemory();
        }
    }

    /// So many more bytes of heap are used for a client.
    void noteHeapGrowth(long bytes) {
        if (memory.noteHeapGrowth(bytes)) {
            measureMemory();
        }
    }

    private void measureMemory() {
        boolean wasOver = memory.isOver();
        memory.measure(List.copyOf(all), durability.parkedBytes() + largeReplies.keptBytes());
        if (wasOver != memory.isOver()) {
            node.onMemoryOver();
        }
    }

    /// Closes clients that use too much memory, or whose incomplete commands keep others waiting
    /// for memory.
    private void boundMemory() {
        measureMemory();
        if (node.takesCommands()) {
            memory.endWaiting(List.copyOf(all));
        }
        memory.giveRoom();
        largeReplies.readOnIfRoom();
    }

    /// There is more room for incomplete commands. Clients that wait for it continue after the
    /// present call.
    void onRoomFreed() {
        if (!roomFreed) {
            roomFreed = true;
            loop.execute(() -> {
                roomFreed = false;
                memory.giveRoom();
            });
        }
    }
}
