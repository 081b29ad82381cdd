package dev.keepsake.fleet;

import dev.keepsake.log.TransactionLog;
import dev.keepsake.shard.Snapshot;
import dev.keepsake.shard.SnapshotStore;
import dev.keepsake.shard.Snapshotter;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;

/// The internal snapshots of a shard: the existing ones, when the next is due, and how much of the
/// log is trimmed after it. Any thread, except [#backoff].
final class ShardSnapshots implements AutoCloseable {
    private static final int BEHIND_MAX = 4; // in snapshots
    private static final long PAUSE_MIN_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long PAUSE_MAX_NS = TimeUnit.MINUTES.toNanos(5);

    private final TransactionLog log;
    private final SnapshotStore store;
    private final Snapshotter snapshotter;
    private final long everyBytes;
    private final Backoff backoff = new Backoff(PAUSE_MIN_NS, PAUSE_MAX_NS);

    /// @param everyBytes how many bytes of log are written between two snapshots, at least
    ShardSnapshots(
            TransactionLog log, SnapshotStore store, Snapshotter snapshotter, long everyBytes) {
        this.log = log;
        this.store = store;
        this.snapshotter = snapshotter;
        this.everyBytes = everyBytes;
    }

    SnapshotStore store() {
        return store;
    }

    /// By how many bytes the log since the newest snapshot is longer than it should be.
    long overdueBytes() {
        return snapshotter.staleBytes() - wantedBytes();
    }

    /// How many bytes of log are written before the next snapshot.
    private long wantedBytes() {
        long newestBytes = store.newest().map(Snapshot::fileBytes).orElse(0L);
        return Math.max(everyBytes, newestBytes);
    }

    /// The pause after a failed snapshot. On the fleet's thread.
    Backoff backoff() {
        return backoff;
    }

    /// Takes a snapshot and trims the log up to it, except for entries that a node still has to
    /// read. A node that is more than four snapshots behind, such as a replica that a script keeps
    /// busy, is not waited for: it restarts from the newest snapshot when it next reads. On a
    /// virtual thread; blocks.
    ///
    /// @param neededIndex the first entry that any node still has to read; nodes that lack data
    ///   before the given offset do not count
    void take(LongUnaryOperator neededIndex) throws IOException {
        var snapshot = snapshotter.take();
        long keptFrom = snapshot.offset() - BEHIND_MAX * wantedBytes();
        long needed = neededIndex.applyAsLong(keptFrom);
        log.trim(log.tail().term(), Math.min(needed, snapshot.nextIndex()));
    }

    @Override
    public void close() {
        snapshotter.close();
    }
}
