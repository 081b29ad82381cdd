package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Clock;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The clients of a node, and which of them are closed.
class ClientsTest {
    private static final long MIB = 1 << 20;
    private static final long DIRECT_BYTES = 64 * MIB;
    private static final ClientLimits.Output NO_LIMIT = new ClientLimits.Output(0, 0, 0);

    private final FakeRules rules = new FakeRules();
    private final FakeEngine loop = new FakeEngine();
    private final Monitors monitors = new Monitors(ByteBufAllocator.DEFAULT, new Stopped());
    private final LargeReplies largeReplies = new LargeReplies(1 << 30, () -> false, bytes -> {});
    private final Around around = new Around();
    private final List<FakeMember> connected = new ArrayList<>();
    private final Clients clients =
            new Clients(
                    loop.loop(),
                    FrontOptions.standard(),
                    new Allowance(10, 1000).share(),
                    rules.durability,
                    new MemoryWatch(
                            new Allowance(DIRECT_BYTES, 1).share(),
                            new Allowance(DIRECT_BYTES, 1).share()),
                    rules.outbox,
                    largeReplies,
                    monitors,
                    around);

    /// A clock whose time does not matter.
    private static final class Stopped implements Clock {
        @Override
        public long nowNs() {
            return 0;
        }

        @Override
        public Instant now() {
            return Instant.EPOCH;
        }
    }

    private static final class Around implements Clients.Node {
        boolean paused;
        int memoryChanges;

        @Override
        public boolean takesCommands() {
            return !paused;
        }

        @Override
        public boolean isPaused() {
            return paused;
        }

        @Override
        public void onMemoryOver() {
            memoryChanges++;
        }
    }

    @AfterEach
    void release() {
        rules.end();
        connected.forEach(client -> client.replies().discard());
        loop.end();
    }

    private FakeMember connect() {
        var client = new FakeMember(clients.newId(), rules);
        connected.add(client);
        clients.onConnected(client);
        return client;
    }

    @Test
    void idsAreNeverUsedAgain() {
        var first = connect();
        clients.onDisconnected(first);
        var second = connect();
        assertThat(second.id()).isGreaterThan(first.id());
        assertThat(clients.find(second.id())).isSameAs(second);
        assertThat(clients.find(first.id())).isNull();
        assertThat(clients.all()).hasSize(1);
    }

    @Test
    void aClientBeyondTheBoundIsRefused() {
        var first = connect();
        var last = first;
        while (last.refusedWith.isEmpty()) {
            last = connect();
        }
        assertThat(clients.all()).hasSizeBetween(2, 11);
        assertThat(last.refusedWith).isEqualTo("ERR max number of clients reached");
        clients.onDisconnected(last);
        clients.onDisconnected(first);
        assertThat(connect().refusedWith).isEmpty();
    }

    @Test
    void aDisconnectedClientMonitorsNoMore() {
        var client = connect();
        monitors.add(client);
        clients.onDisconnected(client);
        assertThat(monitors.isEmpty()).isTrue();
    }

    @Test
    void clientsMayDisconnectDuringForEach() {
        var one = connect();
        var other = connect();
        clients.forEach(clients::onDisconnected);
        assertThat(clients.all()).isEmpty();
        clients.look();
        assertThat(one.looked + other.looked).isZero();
    }

    @Test
    void matchingClientsAreDisconnectedOrReset() {
        var one = connect();
        var other = connect();
        clients.disconnect(client -> client.id() == one.id());
        clients.reset(client -> client.id() == other.id());
        assertThat(one.disconnected).isTrue();
        assertThat(one.wire.end).isEmpty();
        assertThat(other.disconnected).isFalse();
        assertThat(other.wire.end).isEqualTo("reset");
    }

    @Test
    void aReplyThatHasWaitedTooLongIsReplacedByTheError() {
        var client = connect();
        client.replies().park(Unpooled.copiedBuffer("$1\r\n1\r\n", US_ASCII), Patience.LIMITED);
        clients.giveUpWaiting("ERR no room");
        assertThat(client.wire.sent).hasToString("-ERR no room\r\n");
    }

    // ---- limits

    @Test
    void anIdleClientIsDisconnectedUnlessItMonitorsOrTheNodeIsPaused() {
        clients.limit(new ClientLimits(1_000, NO_LIMIT, NO_LIMIT, 300));
        var idle = connect();
        var monitor = connect();
        monitors.add(monitor);
        clients.watch();
        assertThat(idle.disconnected).isFalse();
        idle.idleNs = 1_000;
        monitor.idleNs = 1_000;
        around.paused = true;
        clients.watch();
        assertThat(idle.disconnected).isFalse();
        around.paused = false;
        clients.watch();
        assertThat(idle.disconnected).isTrue();
        assertThat(monitor.disconnected).isFalse();
    }

    @Test
    void idleClientsStayConnectedWithoutALimit() {
        var client = connect();
        client.idleNs = Long.MAX_VALUE;
        clients.watch();
        assertThat(client.disconnected).isFalse();
    }

    @Test
    void subscribersHaveALimitOfTheirOwn() {
        clients.limit(new ClientLimits(0, NO_LIMIT, new ClientLimits.Output(100, 0, 0), 300));
        var plain = connect();
        var subscriber = connect();
        subscriber.subscribed = true;
        plain.unsentBytes = 101;
        subscriber.unsentBytes = 101;
        clients.watch();
        assertThat(plain.wire.end).isEmpty();
        assertThat(subscriber.wire.end).isEqualTo("reset");
    }

    @Test
    void clientsWithMostUnreadBytesAreClosedUntilTheRestIsWithinTheBound() {
        long bound = FrontOptions.standard().maxTotalOutputBytes();
        var worst = connect();
        var other = connect();
        worst.unsentBytes = bound;
        other.unsentBytes = bound / 2;
        clients.watch();
        assertThat(worst.closedFor).isEqualTo("leaves too many bytes unread");
        assertThat(worst.wire.end).isEqualTo("reset");
        assertThat(other.closedFor)
                .isNotEqualTo("does not read its replies, and other clients wait behind it");
    }

    // ---- memory

    @Test
    void growthIsMeasuredInBetween() {
        var client = connect();
        client.unsentBytes = DIRECT_BYTES;
        clients.noteGrowth(1);
        assertThat(client.closedFor).isEmpty();
        clients.noteGrowth(DIRECT_BYTES);
        assertThat(client.closedFor).isEqualTo("leaves too many bytes unread");
    }

    @Test
    void growthOfTheHeapIsMeasuredInBetween() {
        var client = connect();
        client.heapBytes = DIRECT_BYTES;
        clients.noteHeapGrowth(DIRECT_BYTES);
        assertThat(client.closedFor).isEqualTo("has too many subscriptions or queued commands");
    }

    @Test
    void theNodeGetsAReportWhenMemoryIsOverAndWhenItIsNoMore() {
        rules.durability.countParked(DIRECT_BYTES);
        clients.watch();
        assertThat(around.memoryChanges).isEqualTo(1);
        clients.watch();
        assertThat(around.memoryChanges).isEqualTo(1);
        rules.durability.countParked(-DIRECT_BYTES);
        clients.watch();
        assertThat(around.memoryChanges).isEqualTo(2);
    }

    @Test
    void aClientThatWaitsForRoomContinuesAfterThePresentCall() {
        var client = connect();
        assertThat(clients.memory().resize(client, 0, 2 * DIRECT_BYTES)).isFalse();
        clients.onRoomFreed();
        clients.onRoomFreed();
        assertThat(client.roomGiven).isZero();
        loop.channel.runPendingTasks();
        assertThat(client.roomGiven).isEqualTo(1);
    }
}
