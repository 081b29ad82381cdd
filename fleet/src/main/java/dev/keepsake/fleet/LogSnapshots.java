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

/// Takes the internal snapshots after which logs are trimmed, always for the shard that needs one
/// most. Only one runs at a time, as [OneAtATime] says, because each needs the memory of a whole
/// shard. Owned by the fleet's thread.
///
/// After a failed snapshot there is a pause for its shard: each try restores a whole shard, and a
/// problem of a disk seldom ends within a second.
final class LogSnapshots implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogSnapshots.class);

    private final Supplier<Stream<ShardRuntime>> shards;
    private final OneAtATime turn;
    private final Clock clock;
    private final ThreadFactory threads;
    private final Executor fleet;
    private boolean closed;

    /// @param shards gives the running shards
    /// @param turn the permit to take internal snapshots
    /// @param threads creates the virtual threads that take snapshots
    /// @param fleet runs its tasks on the fleet's thread, and drops them once that has ended
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

    /// Takes a snapshot of the shard that needs one most, if one needs it.
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

    /// Takes the snapshot, on a virtual thread.
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
                    "shard={} snapshot failed, so its log grows next_try_ms={}",
                    shard.name(),
                    TimeUnit.NANOSECONDS.toMillis(backoff.failed(clock.nowNs())),
                    failure);
        }
    }

    /// Starts no further snapshot.
    @Override
    public void close() {
        closed = true;
    }
}
