package dev.keepsake.drill;

import java.util.List;
import java.util.stream.Stream;

/// Writes unique keys, lists and counters in turn until it is stopped. It never repeats a write:
/// after any failure it continues with the next one. So its ledger says exactly which writes were
/// sent once. Owned by the thread that runs it; other threads may call only `stop()` and use the
/// meters.
final class DrillWriter implements Runnable {
    /// Keeps a writer from looping while no node answers. Long compared with a round trip, short
    /// compared with the measured outages.
    private static final int PAUSE_AFTER_FAILURE_MS = 3;

    private final int id;
    private final int mostKeys;
    private final DrillKeys keys;
    private final DrillStore store;
    private final WriteLedger ledger;
    private final AckHistory history;
    private final List<AckMeter> meters;
    private volatile boolean stopping;

    DrillWriter(int id, int mostKeys, DrillKeys keys, DrillStore store, AckHistory history) {
        this.id = id;
        this.mostKeys = mostKeys;
        this.keys = keys;
        this.store = store;
        this.history = history;
        this.ledger = WriteLedger.empty(keys.shards());
        this.meters =
                Stream.generate(() -> new AckMeter(history.startNs()))
                        .limit(keys.shards())
                        .toList();
    }

    /// Makes the writer end after its present write.
    void stop() {
        stopping = true;
    }

    /// One meter for each shard.
    List<AckMeter> meters() {
        return meters;
    }

    /// The outcomes of the writes. Read it only after the writer has ended.
    WriteLedger ledger() {
        return ledger;
    }

    @Override
    public void run() {
        while (!stopping) {
            for (int shard = 0; shard < keys.shards() && !stopping; shard++) {
                set();
                append(shard);
                increment(shard);
            }
        }
    }

    private void set() {
        var sets = ledger.sets();
        if (sets.sent() == mostKeys) {
            return; // The engines hold all keys in memory; a long drill continues with lists and
            // counters.
        }
        int number = sets.next();
        var key = keys.unique(id, number);
        try {
            store.set(key, DrillKeys.valueOf(key));
            sets.acknowledge(number);
            acknowledged(keys.shardOf(key));
        } catch (WriteFailedException e) {
            if (e.kind().mayBeApplied()) {
                sets.doubt(number);
            }
            failed(e.kind());
        }
    }

    private void append(int shard) {
        var list = ledger.lists().get(shard);
        int number = list.next();
        try {
            store.append(keys.list(id, shard), Integer.toString(number));
            list.acknowledge(number);
            acknowledged(shard);
        } catch (WriteFailedException e) {
            if (e.kind().mayBeApplied()) {
                list.doubt(number);
            }
            failed(e.kind());
        }
    }

    private void increment(int shard) {
        var counter = ledger.counters().get(shard);
        try {
            counter.acknowledge(store.increment(keys.counter(id, shard)));
            acknowledged(shard);
        } catch (WriteFailedException e) {
            if (e.kind().mayBeApplied()) {
                counter.doubt();
            }
            failed(e.kind());
        }
    }

    private void acknowledged(int shard) {
        long nowNs = System.nanoTime();
        meters.get(shard).acknowledged(nowNs);
        history.acknowledged(nowNs);
    }

    private void failed(FailureKind kind) {
        ledger.failures().merge(kind, 1L, Long::sum);
        try {
            Thread.sleep(PAUSE_AFTER_FAILURE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stopping = true;
        }
    }
}
