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

/// Events that are to be recorded, in the order in which they were reported. An event that cannot
/// be recorded now is recorded later. Owned by the fleet's thread.
///
/// Bounded: when too many events wait, the oldest one is dropped. Events inform users only; no
/// decision depends on them.
final class Reports {
    /// An event.
    @FunctionalInterface
    interface Event {
        /// The decision that records the event.
        ///
        /// @param now the time at which it was reported
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

    /// Reports an event with the present time. It is recorded after those that wait.
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
