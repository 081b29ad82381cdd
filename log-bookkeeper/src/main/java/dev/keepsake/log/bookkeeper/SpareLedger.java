package dev.keepsake.log.bookkeeper;

import dev.keepsake.core.Clock;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.apache.bookkeeper.client.api.WriteAdvHandle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The next ledger of a log, made before it is needed, so that no append waits for it. Owned by the
/// log's thread.
final class SpareLedger {
    private static final Logger LOG = LoggerFactory.getLogger(SpareLedger.class);
    private static final Duration RETRY = Duration.ofSeconds(5);
    private static final Duration MADE_WITHIN = Duration.ofSeconds(10);

    private final String path;
    private final Ledgers ledgers;
    private final Clock clock;
    private final Executor loop;
    private final BooleanSupplier isWriting;
    private @Nullable WriteAdvHandle ready;
    private boolean underWay;
    private long dueNs;

    /// @param loop runs what it is given on the log's thread
    /// @param isWriting whether the log has a use for one when it is made
    SpareLedger(
            String path, Ledgers ledgers, Clock clock, Executor loop, BooleanSupplier isWriting) {
        this.path = path;
        this.ledgers = ledgers;
        this.clock = clock;
        this.loop = loop;
        this.isWriting = isWriting;
        this.dueNs = clock.nowNs();
    }

    /// Whether one is there.
    boolean isReady() {
        return ready != null;
    }

    /// Has one made, unless one is there or under way, or the last attempt failed just now. Does
    /// not wait.
    void prepare() {
        if (ready != null || underWay || clock.nowNs() - dueNs < 0) {
            return;
        }
        underWay = true;
        ledgers.create(path)
                .whenComplete((made, failure) -> loop.execute(() -> onMade(made, failure)));
    }

    private void onMade(@Nullable WriteAdvHandle made, @Nullable Throwable failure) {
        underWay = false;
        if (failure != null || made == null) {
            LOG.info(
                    "log={} has no next ledger reason={}",
                    path,
                    failure == null ? "none was made" : Waits.cause(failure).getMessage());
            dueNs = clock.nowNs() + RETRY.toNanos();
        } else if (isWriting.getAsBoolean()) {
            ready = made;
        } else {
            ledgers.discard(made);
        }
    }

    /// Hands it over, if it is there.
    @Nullable WriteAdvHandle take() {
        var taken = ready;
        ready = null;
        return taken;
    }

    /// Hands it over, or has one made and waits for that.
    WriteAdvHandle takeOrMake(Waits waits) throws IOException {
        var taken = take();
        return taken != null
                ? taken
                : waits.get(ledgers.create(path), MADE_WITHIN, "making a ledger for " + path);
    }

    /// Gives it up.
    void drop() {
        var unused = take();
        if (unused != null) {
            ledgers.discard(unused);
        }
    }
}
