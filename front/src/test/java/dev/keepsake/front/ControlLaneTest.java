package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RespValue;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class ControlLaneTest {
    @AutoClose("end")
    private final FakeEngine engine = new FakeEngine();

    private final FakeLaneOwner owner = new FakeLaneOwner();
    private final List<RespValue> heard = new ArrayList<>();
    private final ControlLane lane = new ControlLane(UnpooledByteBufAllocator.DEFAULT, owner);

    ControlLaneTest() {
        lane.attach(engine.channel);
    }

    @Test
    void answersComeInTheOrderOfTheQuestions() {
        lane.ask(heard::add, "PING");
        lane.ask(heard::add, "ECHO".getBytes(US_ASCII), "a".getBytes(US_ASCII));
        assertThat(engine.taken()).isEqualTo("PING\nECHO a");
        engine.says("+PONG\r\n:5\r\n");
        assertThat(heard)
                .containsExactly(new RespValue.SimpleString("PONG"), new RespValue.IntegerReply(5));
    }

    @Test
    void theOwnerGetsAReportWhenRepliesHaveBeenRead() {
        owner.onRepliesRead = () -> owner.told.add("read");
        lane.ask(heard::add, "PING");
        engine.says("+PONG\r\n");
        assertThat(owner.told).containsExactly("read");
    }

    @Test
    void theOwnerGetsAReportWhenTheEngineClosesTheLane() {
        lane.ask(heard::add, "PING");
        engine.closes();
        assertThat(owner.told).containsExactly("lost");
        assertThat(heard).isEmpty();
    }

    @Test
    void theOwnerGetsNoReportWhenItClosesTheLaneItself() {
        lane.close();
        engine.channel.runPendingTasks();
        assertThat(owner.told).isEmpty();
    }

    @Test
    void theOwnerGetsAReportWhenTheEngineHasCaughtUp() {
        engine.full(true);
        assertThat(lane.isFull()).isTrue();
        assertThat(owner.told).isEmpty();
        engine.full(false);
        assertThat(lane.isFull()).isFalse();
        assertThat(owner.told).containsExactly("free");
    }

    @Test
    void aReplyWithoutAQuestionEndsTheLane() {
        engine.says("+PONG\r\n");
        engine.channel.runPendingTasks();
        assertThat(owner.told).containsExactly("lost");
    }
}
