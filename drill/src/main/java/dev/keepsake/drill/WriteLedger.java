package dev.keepsake.drill;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The outcomes of all writes of one writer. Owned by the writer; read by other threads after it
/// has stopped.
///
/// @param sets its unique keys
/// @param lists its list on each shard
/// @param counters its counter on each shard
/// @param failures how many writes were not acknowledged, by kind
record WriteLedger(
        NumberLedger sets,
        List<NumberLedger> lists,
        List<CounterLedger> counters,
        Map<FailureKind, Long> failures) {
    static WriteLedger empty(int shards) {
        return new WriteLedger(
                new NumberLedger(),
                Stream.generate(NumberLedger::new).limit(shards).toList(),
                Stream.generate(CounterLedger::new).limit(shards).toList(),
                new EnumMap<>(FailureKind.class));
    }
}
