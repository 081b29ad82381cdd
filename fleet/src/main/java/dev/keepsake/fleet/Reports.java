package dev.keepsake.fleet;

import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.Decision;
import dev.keepsake.core.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What has happened and is to be recorded, in the order in which it was reported. What cannot be
/// recorded now is recorded later. Owned by the fleet's thread.
///
/// Bounded: when too many events wait, the oldest is given up. Events inform, and nothing is
/// decided by them.
final class Reports {
    /// Something that has happened.
    @FunctionalInterface
    interface Event {
        /// What it means for the records.
        ///
        /// @param now when it was reported
        Decision<?> decide(ControlPlane plane, Instant now);
    }

    private record Waiting(Event event, Instant since) {
        Decision<Boolean> decide(ControlPlane plane) {
            return new Decision<>(event.decide(plane, since).records(), true);
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Reports.class);
    static final int WAITING_MAX = 1_000;

    private final ControlService control;
    private final Clock clock;
    private final RetryLater retry;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    Reports(ControlService control, Clock clock, RetryLater.Pause pause) {
        this.control = control;
        this.clock = clock;
        this.retry = new RetryLater(pause, this::recordAll);
    }

    /// Records an event of now, behind those that wait.
    void report(Event event) {
        if (waiting.size() == WAITING_MAX) {
            waiting.removeFirst();
        }
        waiting.addLast(new Waiting(event, clock.now()));
        recordAll();
    }

    private void recordAll() {
        while (!waiting.isEmpty()) {
            var next = waiting.getFirst();
            try {
                control.decide(next::decide);
            } catch (ControlUnavailableException e) {
                LOG.warn("events wait to be recorded count={}", waiting.size());
                retry.ask();
                return;
            }
            waiting.removeFirst();
        }
    }
}
