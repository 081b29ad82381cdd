package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.control.ApiException;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LiveStreamsTest {
    private static final String MESSAGE =
            "data: {\"timeMs\":0.000,\"clusters\":[],\"changes\":[],\"outages\":[]}\n\n";

    private final FakeLive live = new FakeLive();
    private final FakeClock clock = new FakeClock();
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final LiveStreams streams =
            new LiveStreams(live, clock, channel.eventLoop(), TimeUnit.SECONDS.toNanos(1));

    LiveStreamsTest() {
        channel.freezeTime();
    }

    @AfterEach
    void close() {
        channel.close();
    }

    /// A client's stream. It takes what it is sent, unless the test says otherwise.
    private static final class Viewer implements HttpStream {
        final List<String> heard = new ArrayList<>();
        boolean isReading = true;
        boolean isEnded;
        private Runnable onEnded = () -> {};

        @Override
        public boolean isTaken() {
            return isReading;
        }

        @Override
        public void send(byte[] bytes) {
            heard.add(new String(bytes, UTF_8));
        }

        @Override
        public void end() {
            if (!isEnded) {
                isEnded = true;
                onEnded.run();
            }
        }

        @Override
        public void whenEnded(Runnable action) {
            onEnded = action;
        }
    }

    private Viewer open() {
        var viewer = new Viewer();
        ((HttpService.Reception.Streamed) streams.open()).opened().accept(viewer);
        pass(Duration.ZERO);
        return viewer;
    }

    private void pass(Duration time) {
        clock.pass(time);
        channel.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
    }

    private void passSeconds(int seconds) {
        for (int i = 0; i < seconds; i++) {
            pass(Duration.ofSeconds(1));
        }
    }

    @Test
    void theFirstViewerHearsAtOnceAndThenEverySecond() {
        var viewer = open();
        assertThat(viewer.heard).containsExactly(MESSAGE);
        pass(Duration.ofMillis(999));
        assertThat(viewer.heard).hasSize(1);
        pass(Duration.ofMillis(1));
        assertThat(viewer.heard).containsExactly(MESSAGE, MESSAGE);
    }

    @Test
    void oneLookServesAllViewers() {
        var first = open();
        pass(Duration.ofMillis(500));
        var second = open();
        assertThat(second.heard).isEmpty(); // until the next second
        pass(Duration.ofMillis(500));
        assertThat(first.heard).hasSize(2);
        assertThat(second.heard).hasSize(1);
        assertThat(live.looks()).isEqualTo(2);
    }

    @Test
    void nobodyLooksWhileNobodyWatches() {
        open().end();
        passSeconds(10);
        assertThat(live.looks()).isEqualTo(1);
    }

    @Test
    void whoComesAgainAndAgainMakesNobodyLookMoreOften() {
        for (int i = 0; i < 100; i++) {
            open().end();
        }
        assertThat(live.looks()).isEqualTo(1);
        pass(Duration.ofMillis(700));
        var viewer = open();
        pass(Duration.ofMillis(299));
        assertThat(viewer.heard).isEmpty();
        pass(Duration.ofMillis(1));
        assertThat(viewer.heard).hasSize(1);
        assertThat(live.looks()).isEqualTo(2);
    }

    @Test
    void aFleetThatIsBusyIsNotAskedTwice() {
        live.lookByHand();
        var viewer = open();
        passSeconds(30);
        assertThat(live.looks()).isEqualTo(1);
        assertThat(viewer.heard).isEmpty();
        live.next().complete(FakeLive.NOTHING);
        pass(Duration.ZERO);
        assertThat(viewer.heard).hasSize(1);
        passSeconds(1);
        assertThat(live.looks()).isEqualTo(2);
    }

    @Test
    void aLookThatFailsIsFollowedByTheNextOne() {
        live.lookByHand();
        var viewer = open();
        live.next().completeExceptionally(new IllegalStateException("expected by the test"));
        pass(Duration.ZERO);
        passSeconds(1);
        live.next().complete(FakeLive.NOTHING);
        pass(Duration.ZERO);
        assertThat(viewer.heard).containsExactly(MESSAGE);
    }

    @Test
    void whoDoesNotReadHasOneMessageWaitingAndIsEndedWhileOthersGoOn() {
        var slow = open();
        var other = open();
        slow.isReading = false;
        passSeconds(9);
        assertThat(slow.heard).hasSize(1);
        assertThat(slow.isEnded).isFalse();
        passSeconds(1);
        assertThat(slow.isEnded).isTrue();
        passSeconds(5);
        assertThat(slow.heard).hasSize(1);
        assertThat(other.heard).hasSize(15);
    }

    @Test
    void whoReadsAgainInTimeGoesOn() {
        var viewer = open();
        viewer.isReading = false;
        passSeconds(9);
        viewer.isReading = true;
        passSeconds(2);
        viewer.isReading = false;
        passSeconds(9);
        assertThat(viewer.isEnded).isFalse();
        assertThat(viewer.heard).hasSize(3);
    }

    @Test
    void thereAreNoMoreStreamsThanAllowed() {
        var first = open();
        for (int i = 1; i < LiveStreams.STREAMS_MAX; i++) {
            open();
        }
        assertThatThrownBy(streams::open)
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("16 streams");
        first.end();
        passSeconds(1);
        assertThat(open().isEnded).isFalse();
    }
}
