package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.Decision;
import dev.keepsake.core.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class ReportsTest {
    private static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");

    private final List<String> recorded = new ArrayList<>();
    private final ArrayDeque<Runnable> pauses = new ArrayDeque<>();
    private final Journal journal = new Journal();
    private Instant now = NOON;
    private final Reports reports = new Reports(journal, new WallClock(), pauses::addLast);

    @Test
    void eventsAreRecordedAtOnce() {
        report("one");
        report("two");
        assertThat(recorded).containsExactly("one 12:00", "two 12:00");
        assertThat(pauses).isEmpty();
    }

    @Test
    void whatCannotBeRecordedNowIsRecordedLaterInTheSameOrderAndWithTheTimeOfItsReport() {
        journal.isThere = false;
        report("one");
        now = NOON.plusSeconds(60);
        report("two");
        assertThat(recorded).isEmpty();

        journal.isThere = true;
        now = NOON.plusSeconds(120);
        report("three");
        assertThat(recorded).containsExactly("one 12:00", "two 12:01", "three 12:02");
    }

    @Test
    void anotherTryIsDueOnceHoweverManyEventsWait() {
        journal.isThere = false;
        report("one");
        report("two");
        assertThat(pauses).hasSize(1);
        pauses.removeFirst().run();
        assertThat(pauses).hasSize(1);
        assertThat(recorded).isEmpty();

        journal.isThere = true;
        pauses.removeFirst().run();
        assertThat(pauses).isEmpty();
        assertThat(recorded).containsExactly("one 12:00", "two 12:00");
    }

    @Test
    void whenTooManyWaitTheOldestIsGivenUp() {
        journal.isThere = false;
        for (int i = 0; i <= Reports.WAITING_MAX; i++) {
            report(Integer.toString(i));
        }
        journal.isThere = true;
        pauses.removeFirst().run();
        assertThat(recorded).hasSize(Reports.WAITING_MAX).startsWith("1 12:00");
        assertThat(recorded).endsWith(Reports.WAITING_MAX + " 12:00");
    }

    private void report(String name) {
        reports.report((plane, when) -> {
            journal.deciding = name + " " + when.toString().substring(11, 16);
            return new Decision<>(List.of(), "anything");
        });
    }

    /// Takes down what is decided, while it is there.
    private final class Journal implements ControlService {
        private final ControlPlane plane = new ControlPlane(new ControlState());
        private boolean isThere = true;
        private String deciding = "";

        @Override
        public <R> R decide(Function<ControlPlane, Decision<R>> decision) {
            var decided = decision.apply(plane);
            if (!isThere) {
                throw new ControlUnavailableException("nothing was changed");
            }
            recorded.add(deciding);
            return decided.response();
        }

        @Override
        public <R> R query(Function<ControlPlane, R> query) {
            return query.apply(plane);
        }
    }

    private final class WallClock implements Clock {
        @Override
        public long nowNs() {
            return 0;
        }

        @Override
        public Instant now() {
            return now;
        }
    }
}
