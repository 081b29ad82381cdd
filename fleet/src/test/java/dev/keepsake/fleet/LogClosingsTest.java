package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.Create;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Logs that are closed late or never, each on another thread than the fleet's, which is a real one
/// here.
@Timeout(120)
class LogClosingsTest {
    private static final ClusterId ONE = id("one");
    private static final ClusterId TWO = id("two");

    private final ScheduledThreadPoolExecutor fleet = new ScheduledThreadPoolExecutor(1);
    private final CountDownLatch answer = new CountDownLatch(1);
    private final BlockingQueue<ClusterId> news = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> done = new LinkedBlockingQueue<>();
    private LogClosings closings = closings(Duration.ofDays(1));

    private static ClusterId id(String name) {
        return Create.spec(Create.named(name), "us-east-1", Instant.EPOCH, new SplittableRandom(1))
                .id();
    }

    private LogClosings closings(Duration saidAfter) {
        return new LogClosings(Thread.ofVirtual().factory(), fleet, saidAfter, news::add);
    }

    @AfterEach
    void end() {
        answer.countDown();
        fleet.shutdownNow();
    }

    private <T> T onFleet(Callable<T> action) throws Exception {
        return fleet.submit(action).get();
    }

    private void close(ClusterId id, Runnable closing) throws Exception {
        onFleet(() -> {
            closings.close(id, closing);
            return true;
        });
    }

    private void closeUnanswering(ClusterId id) throws Exception {
        close(
                id,
                () -> {
                    awaitAnswer();
                    done.add("closed");
                });
    }

    private void awaitAnswer() {
        try {
            answer.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean isOver(ClusterId id) throws Exception {
        return onFleet(() -> closings.isOver(id));
    }

    private boolean delete(ClusterId id, LogClosings.Deletion deletion) throws Exception {
        return onFleet(() -> closings.delete(id, deletion));
    }

    /// What a fleet does that hears of a change: it tries to delete the cluster again.
    private boolean deleteWhenTold(ClusterId id, LogClosings.Deletion deletion) throws Exception {
        var again = new LinkedBlockingQueue<Callable<Boolean>>();
        closings =
                new LogClosings(
                        Thread.ofVirtual().factory(),
                        fleet,
                        Duration.ofDays(1),
                        changed -> again.add(outcomeOf(changed, deletion)));
        assertThat(delete(id, deletion)).as("at once").isFalse();
        return again.take().call();
    }

    /// On the fleet's thread.
    private Callable<Boolean> outcomeOf(ClusterId id, LogClosings.Deletion deletion) {
        try {
            boolean isDeleted = closings.delete(id, deletion);
            return () -> isDeleted;
        } catch (IOException e) {
            return () -> {
                throw e;
            };
        }
    }

    @Test
    void aLogThatDoesNotCloseHoldsUpItsOwnClusterAlone() throws Exception {
        closeUnanswering(ONE);
        assertThat(isOver(ONE)).isFalse();
        close(TWO, () -> done.add("closed two"));
        assertThat(done.take()).isEqualTo("closed two");
        while (!isOver(TWO)) {
            Thread.onSpinWait();
        }
        assertThat(isOver(ONE)).isFalse();
        news.remove(TWO); // if it was waited for
        answer.countDown();
        assertThat(news.take()).isEqualTo(ONE);
        assertThat(isOver(ONE)).isTrue();
    }

    @Test
    void aLogIsDeletedBehindItsClosing() throws Exception {
        closeUnanswering(ONE);
        assertThat(delete(ONE, () -> done.add("deleted"))).isFalse();
        assertThat(delete(ONE, () -> done.add("deleted twice"))).isFalse();
        assertThat(done).isEmpty();
        answer.countDown();
        assertThat(List.of(done.take(), done.take())).containsExactly("closed", "deleted");
        assertThat(news.take()).isEqualTo(ONE);
        assertThat(done).isEmpty();
    }

    @Test
    void whoIsToldOfTheEndHearsThatItIsDeleted() throws Exception {
        assertThat(deleteWhenTold(ONE, () -> done.add("deleted"))).isTrue();
        assertThat(done).containsExactly("deleted");
        assertThat(isOver(ONE)).isTrue();
    }

    @Test
    void aDeletionThatFailsIsSaidAndTriedAgain() throws Exception {
        assertThatThrownBy(() ->
                        deleteWhenTold(
                                ONE,
                                () -> {
                                    throw new IOException("a ledger stays");
                                }))
                .hasMessage("a ledger stays");
        assertThat(deleteWhenTold(ONE, () -> done.add("deleted"))).isTrue();
        assertThatThrownBy(() ->
                        deleteWhenTold(
                                ONE,
                                () -> {
                                    throw new IllegalStateException("it is broken");
                                }))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("it is broken");
    }

    @Test
    void whatComesBehindAClosingThatFailsIsDoneAllTheSame() throws Exception {
        close(
                ONE,
                () -> {
                    throw new IllegalStateException("it is broken");
                });
        close(ONE, () -> done.add("the next"));
        assertThat(done.take()).isEqualTo("the next");
    }

    /// Who closes a log because a cluster could not be started would begin anew without a pause.
    @Test
    void nobodyIsToldOfWhatNobodyWaitsFor() throws Exception {
        close(ONE, () -> {});
        onFleet(() -> {
            closings.awaitEnd();
            return true;
        });
        assertThat(isOver(ONE)).isTrue();
        assertThat(news).isEmpty();
        assertThat(onFleet(() -> List.copyOf(fleet.getQueue())))
                .as("nothing is kept of it")
                .allMatch(each -> ((Future<?>) each).isCancelled());
    }

    @Test
    void itIsSaidWhenALogDoesNotCloseForLong() throws Exception {
        closings = closings(Duration.ofMillis(1));
        closeUnanswering(ONE);
        while (true) {
            try {
                assertThat(isOver(ONE)).isFalse();
            } catch (ExecutionException e) {
                assertThat(e).hasMessageContaining("the logs of cluster one do not answer");
                break;
            }
        }
        answer.countDown();
        assertThat(done.take()).isEqualTo("closed");
        while (!news.take().equals(ONE)) {
            // it may have been told that it is late
        }
    }

    @Test
    void aFleetThatEndsWaitsForWhatIsBeingClosedAndNotForEver() throws Exception {
        closeUnanswering(ONE);
        close(TWO, () -> done.add("closed two"));
        onFleet(() -> {
            closings.awaitEnd();
            return true;
        });
        assertThat(done).containsExactly("closed two");
        fleet.shutdownNow();
        answer.countDown();
        assertThat(List.of(done.take(), done.take())).contains("closed");
    }
}
