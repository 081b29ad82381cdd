package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/// The creation of the permitted users in engines.
class UsersInEngineTest {
    private static final String BUSY =
            "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN"
                    + " NOSAVE.\r\n";

    @AutoClose("end")
    private final FakeEngine engine = new FakeEngine();

    private final ControlLane control =
            new ControlLane(UnpooledByteBufAllocator.DEFAULT, new FakeLaneOwner());
    private final AccessControl access = new AccessControl(Commands.TABLE, null);
    private final List<String> told = new ArrayList<>();
    private final UsersInEngine users =
            new UsersInEngine(engine.loop(), access, () -> told.add("changed"));

    UsersInEngineTest() {
        control.attach(engine.channel);
    }

    /// Answers each question with this reply.
    private int answer(String reply) {
        int questions = engine.taken().split("\n").length;
        engine.says(reply.repeat(questions));
        return questions;
    }

    @Test
    void anEngineServesOnceItHasTheRulesOfAllUsers() {
        users.begin(control, () -> told.add("serves"));
        assertThat(told).isEmpty();
        answer("+OK\r\n");
        assertThat(told).containsExactly("changed", "serves");
    }

    @Test
    void aBusyEngineGetsTheRulesAgain() {
        users.begin(control, () -> told.add("serves"));
        answer(BUSY);
        assertThat(told).isEmpty();
        assertThat(engine.taken()).isEmpty();
        engine.channel.advanceTimeBy(100, TimeUnit.MILLISECONDS);
        engine.channel.runScheduledPendingTasks();
        assertThat(answer("+OK\r\n")).isPositive();
        assertThat(told).containsExactly("changed", "serves");
    }

    @Test
    void anEngineThatWasLeftIsSentNothingMore() {
        users.begin(control, () -> told.add("serves"));
        answer(BUSY);
        users.onEngineLeft();
        engine.channel.advanceTimeBy(1, TimeUnit.SECONDS);
        engine.channel.runScheduledPendingTasks();
        assertThat(engine.taken()).isEmpty();
    }

    @Test
    void aNewListIsReportedOnceTheEngineHasItsRules() {
        users.permit(control, () -> told.add("applied"));
        assertThat(told).isEmpty();
        answer("+OK\r\n");
        assertThat(told).containsExactly("changed", "applied");
        users.permit(control, () -> told.add("again"));
        answer("+OK\r\n");
        assertThat(told).containsExactly("changed", "applied", "changed", "again");
    }

    @Test
    void aListIsNotReportedWhenAnotherComesFirst() {
        users.permit(control, () -> told.add("first"));
        users.permit(control, () -> told.add("second"));
        answer("+OK\r\n");
        assertThat(told).containsExactly("changed", "second");
    }

    @Test
    void aListIsAcceptedAtOnceWithoutAnEngine() {
        users.permit(null, () -> told.add("applied"));
        assertThat(told).containsExactly("applied");
    }

    /// A list that comes while an engine is lost is given to the next engine.
    @Test
    void aListThatNoEngineHasAcceptedIsGivenToTheNextOne() {
        users.permit(control, () -> told.add("applied"));
        users.onEngineLeft();
        users.begin(control, () -> told.add("serves"));
        answer("+OK\r\n");
        assertThat(told).containsExactly("changed", "applied", "serves");
    }
}
