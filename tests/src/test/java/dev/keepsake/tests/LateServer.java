package dev.keepsake.tests;

import dev.keepsake.fleet.FleetTuning;
import dev.keepsake.log.LateLog;
import dev.keepsake.server.ServerParts;
import dev.keepsake.shard.HoldRule;
import dev.keepsake.shard.LeaseTimings;
import java.util.concurrent.TimeUnit;

/// A server whose shards' logs are late.
final class LateServer {
    private LateServer() {}

    static ServerParts parts(int delayMs, HoldRule hold) {
        return ShardLogs.parts(log -> new LateLog(log, delayMs), hold);
    }

    /// With leaders that renew their leases often, and so do not keep what is due waiting.
    static FleetTuning tuning() {
        var standard = LeaseTimings.standard();
        return TestServer.tuning()
                .withTimings(
                        new LeaseTimings(
                                TimeUnit.MILLISECONDS.toNanos(50),
                                standard.leaseNs(),
                                standard.claimAfterNs()));
    }
}
