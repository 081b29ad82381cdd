package dev.keepsake.drill;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads back everything that the writers sent, and compares it with their ledgers.
final class ReadBack {
    private static final int KEYS_AT_ONCE = 500;
    private static final int ELEMENTS_AT_ONCE = 2_000;

    private final DrillStore store;
    private final DrillKeys keys;
    private final Verdict[] byShard;

    ReadBack(DrillStore store, DrillKeys keys) {
        this.store = store;
        this.keys = keys;
        this.byShard = new Verdict[keys.shards()];
        Arrays.fill(byShard, Verdict.EMPTY);
    }

    /// Checks the writes of all writers.
    ///
    /// @param ledgers by writer, all of them stopped
    /// @return one verdict for each shard
    /// @throws DrillException when something cannot be read
    List<Verdict> check(List<WriteLedger> ledgers) throws DrillException, InterruptedException {
        for (int writer = 0; writer < ledgers.size(); writer++) {
            var ledger = ledgers.get(writer);
            checkSets(writer, ledger.sets());
            for (int shard = 0; shard < keys.shards(); shard++) {
                checkList(writer, shard, ledger.lists().get(shard));
                checkCounter(writer, shard, ledger.counters().get(shard));
            }
        }
        return List.of(byShard);
    }

    private void checkSets(int writer, NumberLedger ledger)
            throws DrillException, InterruptedException {
        var chunk = new ArrayList<String>(KEYS_AT_ONCE);
        for (int number = 0; number < ledger.sent(); number++) {
            if (ledger.isAcknowledged(number)) {
                chunk.add(keys.unique(writer, number));
            }
            if (chunk.size() == KEYS_AT_ONCE) {
                checkValues(chunk);
                chunk.clear();
            }
        }
        checkValues(chunk);
    }

    private void checkValues(List<String> uniqueKeys) throws DrillException, InterruptedException {
        var values = store.values(uniqueKeys);
        for (int i = 0; i < uniqueKeys.size(); i++) {
            var key = uniqueKeys.get(i);
            boolean there = DrillKeys.valueOf(key).equals(values.get(i));
            add(keys.shardOf(key), new Verdict(1, there ? 0 : 1, 0, 0, 0));
        }
    }

    private void checkList(int writer, int shard, NumberLedger ledger)
            throws DrillException, InterruptedException {
        var check = new ListCheck(ledger);
        var key = keys.list(writer, shard);
        List<String> elements;
        long first = 0;
        do {
            elements = store.elements(key, first, ELEMENTS_AT_ONCE);
            elements.forEach(check::found);
            first += elements.size();
        } while (elements.size() == ELEMENTS_AT_ONCE);
        add(shard, check.verdict());
    }

    private void checkCounter(int writer, int shard, CounterLedger ledger)
            throws DrillException, InterruptedException {
        var value = store.values(List.of(keys.counter(writer, shard))).getFirst();
        add(shard, ledger.verdict(value == null ? 0 : Long.parseLong(value)));
    }

    private void add(int shard, Verdict verdict) {
        byShard[shard] = byShard[shard].plus(verdict);
    }
}
