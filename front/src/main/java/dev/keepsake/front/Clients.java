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
/// What is bounded by time, or by all clients together, is looked at by [#watch]. What grows is
/// measured in between, whenever enough has been added.
final class Clients {
    /// A client, as its node sees it.
    interface Member extends Client, MemoryWatch.Holder {
        /// The node may read commands again, or no longer.
        void onReadingChanged();

        /// Whether something of it may have been executed without its having been told.
        boolean awaitsReplies();

        /// Whether the engine owes it nothing, but perhaps what a command that blocks waits for.
        boolean isAnswered();

        /// Whether it has been told what it listens to, and no engine knows of that at present.
        boolean isBetweenEngines();

        /// Leaves an engine that is about to become a primary, if nothing is lost by that but what
        /// [#resumeSubscriptions] makes good.
        ///
        /// @return false when more would be lost
        boolean partFromEngine();

        /// The node serves: its engine is told what the client listens to.
        void resumeSubscriptions();

        /// Another node leads the shard: it listens to none of the shard's channels any more.
        void endShardSubscriptions();

        /// Whether it listens to channels.
        boolean isSubscribed();

        /// Whether it is told what its user may not ask for any more.
        boolean hearsBeyondItsRights();

        /// How much it has been sent and has not read yet.
        long unsentBytes();

        /// Whether it has left more unsent than it may. To be asked regularly.
        boolean leavesTooMuch(ClientLimits.Output limit, long nowNs);

        /// Whether nothing has come from it or gone to it for so long, though nothing keeps it
        /// waiting.
        boolean isIdle(long idleNs, long nowNs);

        /// Answers with an error and closes.
        void refuseConnection(String error);

        /// Closes the connection so that the client sees a failure at once, not an orderly end.
        void reset();
    }

    /// What matters of the node.
    interface Node {
        /// Whether commands are read, and carried out.
        boolean takesCommands();

        /// Whether nothing that clients have sent is carried out.
        boolean isPaused();

        /// The clients hold too much, or no longer do: the engine is asked no more for them.
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
    private boolean roomFreed;

    /// @param connections how many there may be
    /// @param memory what they make the process hold
    /// @param outbox those who are sent something at the end of the turn
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

    // ---- who there is

    /// Everybody who is connected.
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

    /// An id that nobody has had.
    long newId() {
        return nextId++;
    }

    void onConnected(Member client) {
        all.add(client);
        if (!connections.take(1)) {
            connections.count(1); // until it is closed
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

    /// Does something to each, who may be gone behind it.
    void forEach(Consumer<? super Member> action) {
        List.copyOf(all).forEach(action);
    }

    /// Whether this is true of everybody.
    boolean allMatch(Predicate<? super Member> predicate) {
        return all.stream().allMatch(predicate);
    }

    /// Lets clients see again whether their commands may be read and carried out.
    void look() {
        forEach(Member::onReadingChanged);
    }

    // ---- what they are sent

    /// Those who are sent something at the end of the turn.
    Outbox outbox() {
        return outbox;
    }

    /// Sends what has gathered for clients in this turn.
    void flush() {
        outbox.flush();
    }

    /// What has waited for a log without room for as long as it may, and has changed nothing, is
    /// answered with an error.
    void giveUpWaiting(String error) {
        forEach(client -> client.replies().giveUpWaiting(error));
        flush();
    }

    // ---- who is closed

    /// When clients are closed, from now on.
    void limit(ClientLimits wanted) {
        limits = wanted;
    }

    ClientLimits limits() {
        return limits;
    }

    /// Disconnects those of whom this is true.
    void disconnect(Predicate<? super Member> meant) {
        forEach(client -> {
            if (meant.test(client)) {
                client.disconnect();
            }
        });
    }

    /// Resets those of whom this is true.
    void reset(Predicate<? super Member> meant) {
        forEach(client -> {
            if (meant.test(client)) {
                client.reset();
            }
        });
    }

    /// Keeps clients within the bounds of time, of what they leave unread and of what they hold. To
    /// be called regularly.
    void watch() {
        enforceLimits();
        boundOutput();
        boundMemory();
        endStall();
    }

    /// Closes those who are idle for too long, or leave too much unsent.
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

    /// Closes those who do not read their replies, the worst first, until what the others have left
    /// is within the bound.
    private void boundOutput() {
        long total = all.stream().mapToLong(Member::unsentBytes).sum();
        closeWorst(total - options.maxTotalOutputBytes(), "leaves too much unread");
    }

    /// Closes those who have left most of large replies, when lanes are stopped for nothing else.
    private void endStall() {
        closeWorst(largeReplies.stalledBytes(), "does not read, and others wait behind it");
    }

    /// Closes those who have left most unread, until that makes so many bytes.
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

    // ---- what they hold

    /// What the clients make the process hold.
    MemoryWatch memory() {
        return memory;
    }

    /// So much more is on its way to clients.
    void noteGrowth(long bytes) {
        if (memory.noteGrowth(bytes)) {
            measureMemory();
        }
    }

    /// So much more is in the heap for a client.
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

    /// Closes those who hold too much, or keep others from having room.
    private void boundMemory() {
        measureMemory();
        if (node.takesCommands()) {
            memory.endWaiting(List.copyOf(all));
        }
        memory.giveRoom();
        largeReplies.readOnIfRoom();
    }

    /// There is more room for commands that are not complete. Who waits for it goes on once what is
    /// under way is done.
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
