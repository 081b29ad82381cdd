package dev.keepsake.tests;

import dev.keepsake.log.TransactionLog;
import dev.keepsake.server.ServerParts;
import dev.keepsake.shard.HoldRule;
import java.util.List;
import java.util.function.UnaryOperator;

/// What a test puts around the logs of a server's shards, and not around that of its API.
final class ShardLogs {
    private ShardLogs() {}

    static ServerParts parts(UnaryOperator<TransactionLog> around, HoldRule hold) {
        var real = ServerParts.standard().logs();
        return new ServerParts(
                path -> {
                    var log = real.open(path);
                    return path.endsWith("control") ? log : around.apply(log);
                },
                hold);
    }

    /// Logs that can be held back.
    ///
    /// @param gates to which each is added when it is opened
    static ServerParts gated(List<GatedLog> gates) {
        return parts(
                log -> {
                    var gated = new GatedLog(log);
                    gates.add(gated);
                    return gated;
                },
                HoldRule.ALL);
    }
}
