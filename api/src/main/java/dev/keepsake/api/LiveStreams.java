package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.control.Fault;
import dev.keepsake.control.LiveService;
import dev.keepsake.control.LiveState;
import dev.keepsake.core.Clock;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The streams of live values that consoles read: server-sent events, each with the whole present
/// state as JSON. Owned by the API's event loop.
///
/// One look at the fleet serves all streams, and there is none while nobody watches. The next look
/// begins after the previous one, so a fleet that is busy is not asked twice.
///
/// | bound | what happens |
/// | --- | --- |
/// | 16 streams | one more is refused |
/// | one message a second | a message that a client has not taken when the next one is due is its only one; the next one is omitted |
/// | 10 s for a message to be taken | the stream is ended |
final class LiveStreams {
    static final int STREAMS_MAX = 16;
    static final long TAKE_WITHIN_NS = TimeUnit.SECONDS.toNanos(10);

    private static final Logger LOG = LoggerFactory.getLogger(LiveStreams.class);
    private static final HttpAnswer HEAD =
            new HttpAnswer(
                    200,
                    "text/event-stream",
                    List.of(
                            new HttpHead.Header("Cache-Control", "no-store"),
                            new HttpHead.Header("X-Content-Type-Options", "nosniff"),
                            new HttpHead.Header("Cross-Origin-Resource-Policy", "same-origin")),
                    new byte[0]);

    private static final class Viewer {
        private final HttpStream stream;
        private long takenNs; // when everything was last known to be taken

        Viewer(HttpStream stream, long nowNs) {
            this.stream = stream;
            this.takenNs = nowNs;
        }
    }

    private final LiveService live;
    private final Clock clock;
    private final EventLoop loop;
    private final long everyNs;
    private final Set<Viewer> viewers = new LinkedHashSet<>();
    private @Nullable Future<?> ticking;
    private boolean looking;
    private boolean hasLooked;
    private long lookedNs;

    /// @param everyNs the time from one message to the next, in nanoseconds
    LiveStreams(LiveService live, Clock clock, EventLoop loop, long everyNs) {
        this.live = live;
        this.clock = clock;
        this.loop = loop;
        this.everyNs = everyNs;
    }

    /// The answer to a request for a stream.
    ///
    /// @throws dev.keepsake.control.ApiException when there are too many streams
    HttpService.Reception open() {
        if (viewers.size() >= STREAMS_MAX) {
            throw Fault.THROTTLING.because(
                    "There are %d streams of live values already, which is the most; close a console, and try again.",
                    STREAMS_MAX);
        }
        return new HttpService.Reception.Streamed(HEAD, this::opened);
    }

    private void opened(HttpStream stream) {
        long nowNs = clock.nowNs();
        var viewer = new Viewer(stream, nowNs);
        viewers.add(viewer);
        stream.whenEnded(() -> ended(viewer));
        if (ticking == null) {
            long firstNs = hasLooked ? Math.clamp(lookedNs + everyNs - nowNs, 0, everyNs) : 0;
            ticking =
                    loop.scheduleWithFixedDelay(this::tick, firstNs, everyNs, TimeUnit.NANOSECONDS);
        }
    }

    private void ended(Viewer viewer) {
        viewers.remove(viewer);
        if (viewers.isEmpty() && ticking != null) {
            ticking.cancel(false);
            ticking = null;
        }
    }

    private void tick() {
        long nowNs = clock.nowNs();
        endSlow(nowNs);
        if (looking || viewers.isEmpty()) {
            return;
        }
        looking = true;
        hasLooked = true;
        lookedNs = nowNs;
        live.look().whenComplete((state, failure) -> inLoop(() -> looked(state, failure)));
    }

    private void endSlow(long nowNs) {
        for (var viewer : new ArrayList<>(viewers)) {
            if (viewer.stream.isTaken()) {
                viewer.takenNs = nowNs;
            } else if (nowNs - viewer.takenNs >= TAKE_WITHIN_NS) {
                viewer.stream.end();
            }
        }
    }

    private void looked(@Nullable LiveState state, @Nullable Throwable failure) {
        looking = false;
        if (state == null) {
            LOG.warn("live values cannot be read reason={}", String.valueOf(failure));
            return;
        }
        byte[] message = ("data: " + LiveJson.of(state) + "\n\n").getBytes(UTF_8);
        for (var viewer : new ArrayList<>(viewers)) {
            if (viewer.stream.isTaken()) {
                viewer.stream.send(message);
            }
        }
    }

    private void inLoop(Runnable action) {
        try {
            loop.execute(action);
        } catch (RejectedExecutionException _) {
            // the event loop has ended, with all streams
        }
    }
}
