package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.Decision;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class EndpointListeningTest {
    private static final InetSocketAddress ADDRESS =
            InetSocketAddress.createUnresolved("127.0.0.1", 6379);

    private final ArrayDeque<Runnable> pauses = new ArrayDeque<>();
    private final News news = new News();
    private final EndpointListening listening =
            new EndpointListening(
                    new Reports(news, new StandingClock(), pauses::addLast),
                    pauses::addLast,
                    Runnable::run);
    private boolean isTaken = true;
    private boolean isRunning = true;
    private int tries;

    @Test
    void nothingIsSaidOfAPortThatIsFree() {
        isTaken = false;
        listen();
        assertThat(tries).isOne();
        assertThat(news.count).isZero();
        assertThat(pauses).isEmpty();
    }

    @Test
    void nothingIsSaidOfAPortThatIsFreeAgainAtTheNextTry() {
        listen();
        isTaken = false;
        pauses.removeFirst().run();
        assertThat(tries).isEqualTo(2);
        assertThat(news.count).isZero();
        assertThat(pauses).isEmpty();
    }

    @Test
    void itIsSaidOnceThatAPortStaysTakenAndOnceThatItIsFreeAgain() {
        listen();
        pauses.removeFirst().run();
        assertThat(news.count).isOne();
        pauses.removeFirst().run();
        assertThat(news.count).isOne();

        isTaken = false;
        pauses.removeFirst().run();
        assertThat(news.count).isEqualTo(2);
        assertThat(pauses).isEmpty();
    }

    @Test
    void aClusterThatHasEndedMeanwhileIsLetBe() {
        listen();
        isRunning = false;
        pauses.removeFirst().run();
        assertThat(tries).isOne();
        assertThat(pauses).isEmpty();
    }

    private void listen() {
        listening.listen(
                new ClusterId("us-east-1", "a", "0123456789abcdef"),
                ADDRESS,
                this::tryToBind,
                () -> isRunning);
    }

    private CompletableFuture<Void> tryToBind(InetSocketAddress address) {
        assertThat(address).isEqualTo(ADDRESS);
        tries++;
        return isTaken
                ? CompletableFuture.failedFuture(new BindException("Address already in use"))
                : CompletableFuture.completedFuture(null);
    }

    /// Counts what is to be recorded.
    private static final class News implements ControlService {
        private final ControlPlane plane = new ControlPlane(new ControlState());
        private int count;

        @Override
        public <R> R decide(Function<ControlPlane, Decision<R>> decision) {
            count++;
            return decision.apply(plane).response();
        }

        @Override
        public <R> R query(Function<ControlPlane, R> query) {
            return query.apply(plane);
        }
    }
}
