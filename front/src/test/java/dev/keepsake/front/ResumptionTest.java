package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class ResumptionTest {
    private final FakeRules node = new FakeRules();

    @AutoClose("end")
    private final FakeEngine engine = new FakeEngine();

    private final CompletableFuture<Void> serving = new CompletableFuture<>();
    private int wentOn;
    private final Resumption resumption = new Resumption(() -> wentOn++);

    private OwnLane lane() {
        var room =
                new LargeReply.Room(
                        node.allocator(),
                        new LargeReplies(1 << 20, () -> false, bytes -> {}),
                        node);
        var lane = new OwnLane(engine.loop(), room, node.durability, new FakeLaneOwner(), "app", 2);
        lane.attach(engine.channel);
        lane.greet();
        return lane;
    }

    @Test
    void commandsContinueAtOnceWithoutSubscriptions() {
        resumption.start(serving);
        assertThat(resumption.isOn()).isTrue();
        resumption.finishIfOver();
        assertThat(resumption.isOn()).isFalse();
        assertThat(serving).isCompleted();
        assertThat(wentOn).isEqualTo(1);
    }

    @Test
    void commandsContinueBeforeTheNodeReportsThatItServes() {
        var seen = serving.thenApply(served -> wentOn);
        resumption.start(serving);
        resumption.finishIfOver();
        assertThat(seen).isCompletedWithValue(1);
    }

    @Test
    void commandsContinueWhenTheLastLaneIsDone() {
        var one = lane();
        var other = lane();
        resumption.start(serving);
        resumption.begin(one);
        resumption.begin(other);
        resumption.finishIfOver();
        resumption.end(one);
        assertThat(wentOn).isZero();
        resumption.end(other);
        assertThat(wentOn).isEqualTo(1);
        resumption.end(other);
        assertThat(wentOn).isEqualTo(1);
    }

    @Test
    void aLaneWithoutSubscriptionsEndsNothing() {
        resumption.start(serving);
        resumption.end(lane());
        assertThat(resumption.isOn()).isTrue();
    }

    @Test
    void theWaitEndsWhenTheEngineIsLeft() {
        resumption.start(serving);
        resumption.begin(lane());
        assertThat(resumption.abandon()).isTrue();
        assertThat(serving).isCompleted();
        assertThat(wentOn).isZero();
        assertThat(resumption.abandon()).isFalse();

        resumption.start(new CompletableFuture<>());
        resumption.finishIfOver(); // the lane of the engine before is forgotten
        assertThat(wentOn).isEqualTo(1);
    }
}
