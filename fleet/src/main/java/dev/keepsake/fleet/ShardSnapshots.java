package dev.keepsake.fleet;

import dev.keepsake.log.TransactionLog;
import dev.keepsake.shard.Snapshot;
import dev.keepsake.shard.SnapshotStore;
import dev.keepsake.shard.Snapshotter;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;

/// The internal snapshots of a shard: which there are, when the next is due, and how much of the
/// log is given up behind it. Any thread, but for [#backoff].
final class ShardSnapshots implements AutoCloseable {
    private static final int BEHIND_MAX = 4; // snapshots
    private static final long PAUSE_MIN_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long PAUSE_MAX_NS = TimeUnit.MINUTES.toNanos(5);

    private final TransactionLog log;
    private final SnapshotStore store;
    private final Snapshotter snapshotter;
    private final long everyBytes;
    private final Backoff backoff = new Backoff(PAUSE_MIN_NS, PAUSE_MAX_NS);

    /// @param everyBytes how much log is written between two snapshots, at least
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

    /// By how much the log since the newest snapshot is longer than it should get.
    long overdueBytes() {
        return snapshotter.staleBytes() - wantedBytes();
    }

    /// How much log a snapshot is followed by before the next one is taken.
    private long wantedBytes() {
        long newestBytes = store.newest().map(Snapshot::fileBytes).orElse(0L);
        return Math.max(everyBytes, newestBytes);
    }

    /// When to try a snapshot that is overdue. On the fleet's thread.
    Backoff backoff() {
        return backoff;
    }

    /// Takes a snapshot and gives up the log before it, but for what a node has yet to read. A node
    /// that is several snapshots behind, such as a replica that a script keeps busy, is not waited
    /// for: it finds its place gone and restarts from the newest snapshot. On a virtual thread;
    /// blocks.
    ///
    /// @param neededIndex the first entry that some node has yet to read, if nobody waits for nodes
    ///   that lack what is before a given offset
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
