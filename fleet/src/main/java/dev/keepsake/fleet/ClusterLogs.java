package dev.keepsake.fleet;

import static java.util.Objects.requireNonNull;

import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.shard.EngineEntries;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// The open logs of the shards of a cluster that is to start, and which engines they say wrote
/// them. Has one owner at a time, who closes it: what nobody has taken is closed then.
final class ClusterLogs implements AutoCloseable {
    private final Map<String, TransactionLog> logs = new HashMap<>();
    private final Set<EngineStamp> writers = new HashSet<>();

    /// Adds the log of a shard, which is closed when it cannot be read. Reads in it, and may
    /// therefore block.
    void add(String shard, TransactionLog log) throws IOException {
        logs.put(shard, log);
        EngineEntries.writerOf(log).ifPresent(writers::add);
    }

    /// The log of a shard, which is the caller's from now on.
    TransactionLog take(String shard) {
        return requireNonNull(logs.remove(shard), shard);
    }

    /// For each log, who wrote what comes last in it.
    Set<EngineStamp> writers() {
        return Set.copyOf(writers);
    }

    /// Whether there is nothing to close.
    boolean isEmpty() {
        return logs.isEmpty();
    }

    @Override
    public void close() {
        logs.values().forEach(TransactionLog::close);
        logs.clear();
    }
}
