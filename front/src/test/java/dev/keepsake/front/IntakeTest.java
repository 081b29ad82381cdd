package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class IntakeTest {
    private static final long MS = 1_000_000;

    private final Clock clock = new Clock();
    private int looked;
    private final Intake intake = new Intake(clock, () -> looked++);

    /// Runs an action when a test sets the clock to its time.
    private static final class Clock implements Intake.Timer {
        private record Due(long atNs, Runnable action, CompletableFuture<Void> handle) {}

        private final List<Due> due = new ArrayList<>();
        private long nowNs = Long.MAX_VALUE - 5 * MS; // so that it overflows in the tests

        @Override
        public long nowNs() {
            return nowNs;
        }

        @Override
        public Future<?> after(long delayNs, Runnable action) {
            var handle = new CompletableFuture<Void>();
            due.add(new Due(nowNs + delayNs, action, handle));
            return handle;
        }

        void pass(long ns) {
            nowNs += ns;
            for (var each : List.copyOf(due)) {
                if (each.atNs - nowNs <= 0) {
                    due.remove(each);
                    if (!each.handle.isCancelled()) {
                        each.action.run();
                    }
                }
            }
        }
    }

    @Test
    void commandsAreReadAndCarriedOutAtFirst() {
        assertThat(intake.isReading()).isTrue();
        assertThat(intake.isPaused()).isFalse();
        assertThat(intake.areWritesPaused()).isFalse();
    }

    @Test
    void aFullNodeStillCarriesOutTheCommandsThatItHasRead() {
        intake.full(true);
        intake.full(true);
        assertThat(intake.isReading()).isFalse();
        assertThat(intake.isPaused()).isFalse();
        assertThat(looked).isEqualTo(1);
        intake.full(false);
        assertThat(intake.isReading()).isTrue();
        assertThat(looked).isEqualTo(2);
    }

    @Test
    void aStoppedNodeNeitherReadsNorCarriesOut() {
        intake.stop();
        assertThat(intake.isReading()).isFalse();
        assertThat(intake.isPaused()).isTrue();
        intake.go();
        intake.go();
        assertThat(intake.isReading()).isTrue();
        assertThat(intake.isPaused()).isFalse();
        assertThat(looked).isEqualTo(2);
    }

    @Test
    void commandsAreReadDuringAPause() {
        intake.pause(true, 10);
        assertThat(intake.isReading()).isTrue();
        assertThat(intake.isPaused()).isTrue();
        assertThat(intake.areWritesPaused()).isTrue();
        clock.pass(9 * MS);
        assertThat(intake.isPaused()).isTrue();
        clock.pass(MS);
        assertThat(intake.isPaused()).isFalse();
        assertThat(intake.areWritesPaused()).isFalse();
        assertThat(looked).isEqualTo(1);
    }

    @Test
    void aPauseOfWritesHoldsBackNoReads() {
        intake.pause(false, 10);
        assertThat(intake.isPaused()).isFalse();
        assertThat(intake.areWritesPaused()).isTrue();
        intake.unpause();
        assertThat(intake.areWritesPaused()).isFalse();
    }

    @Test
    void theLongerTimeAndTheStricterModeOfTwoPausesApply() {
        intake.pause(true, 20);
        intake.pause(false, 5);
        clock.pass(19 * MS);
        assertThat(intake.isPaused()).isTrue();
        clock.pass(MS);
        assertThat(intake.areWritesPaused()).isFalse();
        intake.pause(false, 20);
        intake.pause(true, 5);
        assertThat(intake.isPaused()).isTrue();
        clock.pass(19 * MS);
        assertThat(intake.isPaused()).isTrue();
        clock.pass(MS);
        assertThat(intake.isPaused()).isFalse();
    }

    @Test
    void aPauseThatWasEndedDoesNotEndTheNextOne() {
        intake.pause(true, 10);
        intake.unpause();
        intake.pause(true, 20);
        clock.pass(10 * MS);
        assertThat(intake.isPaused()).isTrue();
        clock.pass(10 * MS);
        assertThat(intake.isPaused()).isFalse();
    }
}
