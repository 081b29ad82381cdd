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

/// The open logs of the shards of a cluster that is to start, and the engines that they name as
/// their writers. Has one owner at a time, who closes it. Logs that no caller has taken are closed
/// then.
final class ClusterLogs implements AutoCloseable {
    private final Map<String, TransactionLog> logs = new HashMap<>();
    private final Set<EngineStamp> writers = new HashSet<>();

    /// Adds the log of a shard. Reads in the log, and so may block. A log that cannot be read is
    /// closed.
    void add(String shard, TransactionLog log) throws IOException {
        logs.put(shard, log);
        EngineEntries.writerOf(log).ifPresent(writers::add);
    }

    /// The log of a shard. The caller owns it from now on.
    TransactionLog take(String shard) {
        return requireNonNull(logs.remove(shard), shard);
    }

    /// The engine that wrote the newest data, of each log.
    Set<EngineStamp> writers() {
        return Set.copyOf(writers);
    }

    /// Whether there is no log to close.
    boolean isEmpty() {
        return logs.isEmpty();
    }

    @Override
    public void close() {
        logs.values().forEach(TransactionLog::close);
        logs.clear();
    }
}
