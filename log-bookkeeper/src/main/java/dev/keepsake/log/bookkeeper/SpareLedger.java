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

/// The next ledger of a log, created before it is needed, so that no append waits for it. Owned by
/// the log's thread.
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

    /// @param loop runs its tasks on the log's thread
    /// @param isWriting whether the log still needs a spare ledger when one has been created
    SpareLedger(
            String path, Ledgers ledgers, Clock clock, Executor loop, BooleanSupplier isWriting) {
        this.path = path;
        this.ledgers = ledgers;
        this.clock = clock;
        this.loop = loop;
        this.isWriting = isWriting;
        this.dueNs = clock.nowNs();
    }

    /// Whether a spare ledger exists.
    boolean isReady() {
        return ready != null;
    }

    /// Starts to create a spare ledger, unless one exists, one is being created, or the last
    /// attempt failed just now. Does not wait.
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
                    "log={} has no spare ledger reason={}",
                    path,
                    failure == null ? "none was created" : Waits.cause(failure).getMessage());
            dueNs = clock.nowNs() + RETRY.toNanos();
        } else if (isWriting.getAsBoolean()) {
            ready = made;
        } else {
            ledgers.discard(made);
        }
    }

    /// Returns the spare ledger and forgets it; null when there is none.
    @Nullable WriteAdvHandle take() {
        var taken = ready;
        ready = null;
        return taken;
    }

    /// Returns the spare ledger and forgets it. Creates one when there is none, and waits for that.
    WriteAdvHandle takeOrMake(Waits waits) throws IOException {
        var taken = take();
        return taken != null
                ? taken
                : waits.get(ledgers.create(path), MADE_WITHIN, "making a ledger for " + path);
    }

    /// Discards the spare ledger.
    void drop() {
        var unused = take();
        if (unused != null) {
            ledgers.discard(unused);
        }
    }
}
