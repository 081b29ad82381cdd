package dev.keepsake.fleet;

import dev.keepsake.core.Clock;
import java.io.IOException;
import java.util.Comparator;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes the internal snapshots, behind which logs are given up: of the shard that needs one most.
/// One at a time, as [OneAtATime] says, because each needs the memory of a whole shard. Owned by
/// the fleet's thread.
///
/// A shard whose snapshot failed is not tried again at once: each try restores a whole shard, and
/// what is wrong with a disk seldom passes within a second.
final class LogSnapshots implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogSnapshots.class);

    private final Supplier<Stream<ShardRuntime>> shards;
    private final OneAtATime turn;
    private final Clock clock;
    private final ThreadFactory threads;
    private final Executor fleet;
    private boolean closed;

    /// @param shards those that run
    /// @param threads makes the virtual threads on which snapshots are taken
    /// @param fleet runs what it is given on the fleet's thread, or drops it once that has ended
    LogSnapshots(
            Supplier<Stream<ShardRuntime>> shards,
            OneAtATime turn,
            Clock clock,
            ThreadFactory threads,
            Executor fleet) {
        this.shards = shards;
        this.turn = turn;
        this.clock = clock;
        this.threads = threads;
        this.fleet = fleet;
    }

    /// Takes a snapshot of the shard that needs one most, if one does.
    void takeStalest() {
        if (closed || !turn.tryTake()) {
            return;
        }
        long nowNs = clock.nowNs();
        shards.get()
                .filter(shard -> shard.snapshots().backoff().isOver(nowNs))
                .filter(shard -> shard.snapshots().overdueBytes() > 0)
                .max(Comparator.comparingLong(shard -> shard.snapshots().overdueBytes()))
                .ifPresentOrElse(
                        shard -> threads.newThread(() -> take(shard)).start(), turn::giveBack);
    }

    /// On a virtual thread.
    private void take(ShardRuntime shard) {
        Exception failure = null;
        try {
            shard.takeSnapshot();
        } catch (IOException | RuntimeException e) {
            failure = e;
        }
        var found = failure;
        fleet.execute(() -> {
            turn.giveBack();
            note(shard, found);
        });
    }

    private void note(ShardRuntime shard, @Nullable Exception failure) {
        var backoff = shard.snapshots().backoff();
        if (failure == null) {
            backoff.succeeded();
        } else if (!shard.isClosed()) {
            LOG.error(
                    "shard={} has no new snapshot, its log grows next_try_ms={}",
                    shard.name(),
                    TimeUnit.NANOSECONDS.toMillis(backoff.failed(clock.nowNs())),
                    failure);
        }
    }

    /// Begins no further snapshot.
    @Override
    public void close() {
        closed = true;
    }
}
