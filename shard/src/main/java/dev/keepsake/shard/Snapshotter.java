package dev.keepsake.shard;

import dev.keepsake.core.Clock;
import dev.keepsake.engine.DumpCheck;
import dev.keepsake.engine.Engine;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineSpec;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes snapshots of one shard without using the shard's nodes. An engine of its own starts from
/// the newest snapshot, follows the log to the end that it had at the beginning, and dumps its
/// data. Before the dump is used, a second engine has to load it and hold the same data. (SIGMOD
/// 2024, doi 10.1145/3626246.3653380, section 4.2.2, calls this off-box.)
///
/// [#take] blocks; it runs on a virtual thread, one call at a time. Any thread may call [#close],
/// which makes [#take] fail.
public final class Snapshotter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Snapshotter.class);
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long NO_PROGRESS_NS = TimeUnit.MINUTES.toNanos(5);
    private static final long WHOLE_DATA_NS = TimeUnit.MINUTES.toNanos(5);

    private final String shard;
    private final String replicationId;
    private final EngineSpec engine;
    private final EngineStamp stamp;
    private final TransactionLog log;
    private final SnapshotStore store;
    private final EngineLauncher launcher;
    private final Clock clock;
    private final ThreadFactory threads;
    private final AtomicReference<@Nullable Follower> following = new AtomicReference<>();
    private volatile boolean closed;

    /// @param engine how the engines are launched: without a memory limit, in their own work
    ///   directory
    /// @param stamp the name, version and RDB version of these engines
    public Snapshotter(
            String shard,
            String replicationId,
            EngineSpec engine,
            EngineStamp stamp,
            TransactionLog log,
            SnapshotStore store,
            EngineLauncher launcher,
            Clock clock,
            ThreadFactory threads) {
        this.shard = shard;
        this.replicationId = replicationId;
        this.engine =
                new EngineSpec(
                        engine.node(),
                        engine.workDirectory(),
                        0,
                        engine.feedUser(),
                        engine.feedPassword(),
                        engine.program(),
                        Map.of("enable-debug-command", "local")); // for DEBUG DIGEST
        this.stamp = stamp;
        this.log = log;
        this.store = store;
        this.launcher = launcher;
        this.clock = clock;
        this.threads = threads;
    }

    /// Approximately how many bytes of log have been written since the newest snapshot.
    public long staleBytes() {
        var tail = log.tail();
        var newest = store.newest();
        long dataBytes = tail.endOffset() - newest.map(Snapshot::offset).orElse(0L);
        long entries = tail.index() + 1 - newest.map(Snapshot::nextIndex).orElse(0L);
        return dataBytes + entries * ENTRY_BYTES;
    }

    private static final int ENTRY_BYTES = 41;

    /// Takes and verifies a snapshot of all data that the log holds now. Blocks.
    ///
    /// @return the snapshot, which is durable and in use
    /// @throws IOException when it could not be taken or verified; the previous snapshot stays in
    ///   use
    public Snapshot take() throws IOException {
        long startNs = clock.nowNs();
        var tail = log.tail();
        var file = store.candidate();
        String digest;
        long checksum;
        try (var follower = follow(tail, store::newestChecked)) {
            checksum = follower.await(tail);
            follower.dump(file);
            digest = asked(follower, file);
        }
        var candidate =
                new Snapshot(
                        tail.index() + 1,
                        tail.endOffset(),
                        checksum,
                        Snapshot.crc32cOf(file),
                        file);
        try (var rehearsal = follow(tail, () -> Optional.of(candidate))) {
            rehearsal.await(tail);
            String loaded = asked(rehearsal, file);
            if (!loaded.equals(digest)) {
                throw new IOException(
                        "the snapshot of shard %s at offset %d loads as %s, but was taken from %s; it is not used"
                                .formatted(shard, tail.endOffset(), loaded, digest));
            }
        }
        var snapshot = store.publish(candidate);
        LOG.info(
                "snapshot shard={} offset={} bytes={} took_ms={}",
                shard,
                snapshot.offset(),
                snapshot.fileBytes(),
                TimeUnit.NANOSECONDS.toMillis(clock.nowNs() - startNs));
        return snapshot;
    }

    /// The digest of an engine's data. A damaged value ends the engine when it is read; then the
    /// dump shows the damaged key.
    private String asked(Follower follower, Path file) throws IOException {
        try {
            return follower.digest();
        } catch (IOException e) {
            if (closed) {
                throw e;
            }
            var damaged =
                    DumpCheck.damagedKey(follower.engine.binary(), file, engine.workDirectory());
            throw damaged.isEmpty()
                    ? e
                    : new IOException(
                            "the value of key '%s' of shard %s is damaged: delete or overwrite it; %s"
                                    .formatted(damaged.orElseThrow(), shard, e.getMessage()),
                            e);
        }
    }

    /// Ends a snapshot that is being taken. No snapshot is published after this has returned.
    /// Idempotent.
    @Override
    public void close() {
        closed = true;
        var present = following.get();
        if (present != null) {
            present.engine.kill();
        }
        store.publishNoMore();
    }

    private Follower follow(Tail until, Feed.Source source) throws IOException {
        var follower = new Follower(until, source);
        following.set(follower);
        if (closed) {
            follower.close();
            throw new IOException("shard %s is closed".formatted(shard));
        }
        return follower;
    }

    /// An engine that follows the log up to one entry.
    private final class Follower implements AutoCloseable {
        private final Feed feed;
        private final Engine engine;
        private volatile @Nullable String fault;

        Follower(Tail until, Feed.Source source) throws IOException {
            var spec = Snapshotter.this.engine;
            feed =
                    Feed.open(
                            new FeedConfig(
                                    spec.node(),
                                    replicationId,
                                    spec.feedUser(),
                                    spec.feedPassword(),
                                    0,
                                    until.index(),
                                    stamp),
                            log,
                            source,
                            clock,
                            threads,
                            e -> fault = String.valueOf(e.getMessage()));
            Engine launched = null;
            try {
                launched = launcher.launch(spec);
                expectOk(launched.command("REPLICAOF", "127.0.0.1", Integer.toString(feed.port())));
            } catch (IOException e) {
                if (launched != null) {
                    launched.close();
                }
                feed.close();
                throw e;
            }
            engine = launched;
        }

        /// Waits until the engine has applied everything.
        ///
        /// @return the running checksum at that offset
        long await(Tail until) throws IOException {
            long seen = -1;
            long seenNs = clock.nowNs();
            while (true) {
                var why = fault;
                if (why != null) {
                    throw new IOException(why);
                }
                long offset = offset();
                if (offset == until.endOffset() && feed.sent().nextIndex() > until.index()) {
                    return feed.sent().checksum();
                }
                long nowNs = clock.nowNs();
                if (offset != seen) {
                    seen = offset;
                    seenNs = nowNs;
                } else if (nowNs - seenNs > NO_PROGRESS_NS) {
                    throw new IOException(
                            "the engine for the snapshot of shard %s stopped at offset %d of %d"
                                    .formatted(shard, offset, until.endOffset()));
                }
                pause();
            }
        }

        private long offset() throws IOException {
            if (engine.command("ROLE") instanceof RespValue.ArrayReply(List<RespValue> items)
                    && items.size() == 5
                    && items.get(4) instanceof RespValue.IntegerReply(long offset)) {
                return offset;
            }
            throw new IOException(
                    "the engine for the snapshot of %s does not follow the log".formatted(shard));
        }

        /// The digest of the engine's data; equal digests mean equal data. It is the last question
        /// to the engine, which may not follow the log afterwards.
        String digest() throws IOException {
            try (var connection = engine.connectWithin(WHOLE_DATA_NS)) {
                return DataDigest.of(connection);
            }
        }

        /// Writes all data of the engine to `file`.
        void dump(Path file) throws IOException {
            var saved =
                    engine.commandWithin(WHOLE_DATA_NS, "SAVE"); // no client waits for this engine
            expectOk(saved);
            Files.move(
                    Snapshotter.this.engine.workDirectory().resolve("dump.rdb"),
                    file,
                    StandardCopyOption.REPLACE_EXISTING);
        }

        @Override
        public void close() {
            engine.close();
            feed.close();
            following.compareAndSet(this, null);
        }
    }

    private static void expectOk(RespValue answer) throws IOException {
        if (!(answer instanceof RespValue.SimpleString)) {
            throw new IOException("the engine refused: " + answer);
        }
    }

    private static void pause() throws InterruptedIOException {
        LockSupport.parkNanos(POLL_NS);
        if (Thread.interrupted()) {
            throw new InterruptedIOException("interrupted while taking a snapshot");
        }
    }
}
