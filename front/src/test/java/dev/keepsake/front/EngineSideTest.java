package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.shard.Durability;
import dev.keepsake.shard.HoldRule;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// All lanes of a node, each with a fake engine behind it.
class EngineSideTest {
    private static final Path SOCKET = Path.of("engine.sock");

    private final Durability<Parked> durability =
            new Durability<>(HoldRule.ALL, Parked::release, Parked::drop);
    private final FakeEngine loop = new FakeEngine(); // the lanes use its event loop
    private final List<FakeEngine> engines = new ArrayList<>(); // one behind each lane
    private final List<ChannelPromise> connecting = new ArrayList<>();
    private boolean connectsLater;
    private final List<String> told = new ArrayList<>();
    private final Intake intake = new Intake(new NoTimer(), () -> told.add("look"));
    private final Allowance.Share ownLanes = new Allowance(64, 1).share();
    private final EngineSide side =
            new EngineSide(
                    "a-0001-001",
                    loop.loop(),
                    this::connect,
                    UnpooledByteBufAllocator.DEFAULT,
                    durability,
                    new LargeReplies(1 << 20, () -> false, bytes -> {}),
                    new EngineSide.Bounds(
                            FrontOptions.standard(),
                            intake,
                            new MemoryWatch(
                                    new Allowance(1 << 30, 1).share(),
                                    new Allowance(1 << 30, 1).share()),
                            ownLanes),
                    new ReadCounts(),
                    new NoWords(),
                    new Told());

    @AfterEach
    void release() {
        side.abandonShared();
        side.leave();
        engines.forEach(FakeEngine::end);
        loop.end();
    }

    private ChannelFuture connect(LaneChannel lane, Path socket) {
        var engine = new FakeEngine();
        engines.add(engine);
        lane.attach(engine.channel);
        var connected = engine.channel.newPromise();
        if (connectsLater) {
            connecting.add(connected);
        } else {
            connected.setSuccess();
        }
        return connected;
    }

    private FakeEngine newest() {
        return engines.getLast();
    }

    /// The commands that the newest lane has sent.
    private String taken() {
        loop.channel.runPendingTasks();
        return newest().taken();
    }

    private void serve() {
        durability.prepare(() -> true);
        side.open(SOCKET, control -> told.add("open"), failure -> told.add("failed"));
        side.serve(() -> told.add("serves"), failure -> told.add("failed"));
        durability.lead();
        engines.forEach(each -> each.channel.runPendingTasks());
    }

    private static final class NoTimer implements Intake.Timer {
        @Override
        public long nowNs() {
            return 0;
        }

        @Override
        public Future<?> after(long delayNs, Runnable action) {
            return new CompletableFuture<Void>();
        }
    }

    private static final class NoWords implements ReplyWords {
        @Override
        public ByteBuf ofTheNode(ExpectedReplies.Kind kind, ByteBuf reply, int protocol) {
            return reply;
        }

        @Override
        public ByteBuf sentOn(ByteBuf reply, int slot) {
            return reply;
        }
    }

    private final class Told implements EngineSide.Node {
        @Override
        public void flushClients() {
            told.add("flush");
        }

        @Override
        public void letClientsLook() {
            told.add("look");
        }

        @Override
        public void noteHeapGrowth(long bytes) {}

        @Override
        public void onRefusal() {
            told.add("refusal");
        }

        @Override
        public void onEngineLost() {
            told.add("lost");
        }
    }

    @Test
    void theControlLaneIsOpenedBeforeTheBarrierLane() {
        assertThat(side.controlLane()).isNull();
        serve();
        assertThat(told).containsExactly("open", "serves");
        assertThat(engines).hasSize(2);
        assertThat(side.controlLane()).isNotNull();
    }

    @Test
    void anEngineThatIsLeftBeforeALaneIsConnectedDoesNotServe() {
        connectsLater = true;
        side.open(SOCKET, control -> told.add("open"), failure -> told.add("failed"));
        side.serve(() -> told.add("serves"), failure -> told.add("failed"));
        side.abandonShared();
        side.leave();
        connecting.forEach(ChannelPromise::setSuccess);
        engines.forEach(each -> each.channel.runPendingTasks());
        assertThat(told).containsExactly("failed", "failed");
    }

    @Test
    void theClientsOfAUserWhoSpeakOneProtocolShareALane() {
        serve();
        var lane = side.sharedLane("app", 2);
        assertThat(side.sharedLane("app", 2)).isSameAs(lane);
        assertThat(side.sharedLane("app", 3)).isNotSameAs(lane);
        assertThat(side.sharedLane("other", 2)).isNotSameAs(lane);
        assertThat(taken()).isEqualTo("AUTH other any");
    }

    @Test
    void theEngineIsIdleWhenItOwesNothingOnSharedLanes() {
        serve();
        side.sharedLane("app", 2);
        assertThat(side.isIdle()).isFalse(); // the login is under way
        taken();
        newest().says("+OK\r\n");
        assertThat(side.isIdle()).isTrue();
    }

    @Test
    void theNodeGetsAReportWhenASharedLaneIsLost() {
        serve();
        newest().closes();
        assertThat(told).endsWith("lost");
    }

    @Test
    void abandonedLanesAreNotLost() {
        serve();
        side.sharedLane("app", 2);
        told.clear();
        side.abandonShared();
        assertThat(side.leave()).isTrue();
        assertThat(side.leave()).isFalse();
        engines.forEach(each -> each.channel.runPendingTasks());
        assertThat(told).isEmpty();
        assertThat(side.controlLane()).isNull();
        assertThat(engines).allMatch(each -> !each.channel.isOpen());
    }

    @Test
    void aParkedReplyWaitsForTheBarrierLane() {
        serve();
        var heard = new CompletableFuture<Long>();
        side.parkLate(new Parked.Answer(heard, 5));
        assertThat(taken()).isEqualTo("ROLE");
        newest().saysOffset(100);
        durability.durable(99);
        assertThat(heard).isNotCompleted();
        durability.durable(100);
        assertThat(heard).isCompletedWithValue(5L);
    }

    @Test
    void nothingIsParkedOnAReplica() {
        side.open(SOCKET, control -> told.add("open"), failure -> told.add("failed"));
        side.serve(() -> told.add("serves"), failure -> told.add("failed"));
        var heard = new CompletableFuture<Long>();
        side.parkLate(new Parked.Answer(heard, 5));
        assertThat(heard).isCompletedExceptionally();
    }

    @Test
    void commandsAreNotReadWhileALaneIsFull() {
        serve();
        side.sharedLane("app", 2);
        assertThat(intake.isReading()).isTrue();
        newest().full(true);
        assertThat(intake.isReading()).isFalse();
        newest().full(false);
        assertThat(intake.isReading()).isTrue();
    }

    @Test
    void anAbandonedFullLaneDoesNotStopClients() {
        serve();
        side.sharedLane("app", 2);
        newest().full(true);
        side.abandonShared();
        assertThat(intake.isReading()).isFalse();
        side.forgetBounds();
        assertThat(intake.isReading()).isTrue();
        side.bound();
        assertThat(intake.isReading()).isTrue();
    }

    // ---- lanes of clients

    @Test
    void aLaneThatIsGivenBackIsTakenByTheNextClient() {
        serve();
        var lane = side.takeOwnLane("app", 2);
        taken();
        newest().says("+OK\r\n:7\r\n");
        side.giveBackOwnLane(lane, true);
        assertThat(side.takeOwnLane("app", 2)).isSameAs(lane);
    }

    @Test
    void aLaneThatMayNotBeLentAgainIsClosed() {
        serve();
        var lane = side.takeOwnLane("app", 2);
        taken();
        newest().says("+OK\r\n:7\r\n");
        side.giveBackOwnLane(lane, false);
        assertThat(lane.isClosed()).isTrue();

        var usedUp = side.takeOwnLane("app", 2);
        taken();
        newest().says("+OK\r\n:8\r\n");
        usedUp.useUp();
        side.giveBackOwnLane(usedUp, true);
        assertThat(usedUp.isClosed()).isTrue();

        var withoutName = side.takeOwnLane("app", 2);
        side.giveBackOwnLane(withoutName, true);
        assertThat(withoutName.isClosed()).isTrue();
    }

    @Test
    void thereAreNoMoreLanesThanTheProcessMayHave() {
        serve();
        int lanes = 0;
        while (side.hasOwnLane("app", 2)) {
            side.takeOwnLane("app", 2);
            lanes++;
        }
        assertThat(lanes).isBetween(1, 64);
        newest().closes();
        assertThat(side.hasOwnLane("app", 2)).isTrue();
    }

    @Test
    void theLanesOfADeletedUserAreRetired() {
        serve();
        var lane = side.sharedLane("app", 2);
        taken();
        newest().says("+OK\r\n");
        var kept = side.sharedLane("other", 2);
        side.retireLanesOf("app"::equals);
        assertThat(lane.isClosed()).isTrue();
        assertThat(side.sharedLane("other", 2)).isSameAs(kept);
        assertThat(side.sharedLane("app", 2)).isNotSameAs(lane);
    }

    // ---- subscriptions that continue

    @Test
    void commandsWaitUntilTheEngineHasTheClientsSubscriptions() {
        serve();
        var serving = new CompletableFuture<Void>();
        intake.stop();
        side.resumption().start(serving);
        var lane = side.takeOwnLane("app", 2);
        side.onResuming(lane);
        side.resumption().finishIfOver();
        assertThat(side.resumption().isOn()).isTrue();
        assertThat(serving).isNotCompleted();
        side.onResumed(lane);
        assertThat(serving).isCompleted();
        assertThat(intake.isReading()).isTrue();
        assertThat(side.resumption().isOn()).isFalse();
    }

    @Test
    void anEngineThatIsLeftIsSentNothingMore() {
        serve();
        assertThat(side.resumption().abandon()).isFalse();
        var serving = new CompletableFuture<Void>();
        side.resumption().start(serving);
        side.onResuming(side.takeOwnLane("app", 2));
        assertThat(side.resumption().abandon()).isTrue();
        assertThat(serving).isCompleted();
        assertThat(side.resumption().isOn()).isFalse();
    }
}
