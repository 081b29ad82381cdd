package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.PortLease;
import dev.keepsake.drill.Drill;
import dev.keepsake.drill.DrillOptions;
import dev.keepsake.drill.DrillReport;
import dev.keepsake.drill.Progress;
import dev.keepsake.fleet.LogFactory;
import dev.keepsake.log.LateLog;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.Server;
import dev.keepsake.server.ServerConfig;
import dev.keepsake.server.ServerParts;
import dev.keepsake.shard.HoldRule;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The whole product under load: real engines, a real client, the AWS SDK.
class DrillIT {
    private static final int LAG_MS = 200;

    @TempDir Path directory;

    @Test
    void failoversLoseNothingThoughTheReplicaIsBehind() throws Exception {
        var report = drill(new DrillOptions(2, 1, 1, 4, LAG_MS), ServerParts.standard());

        assertThat(report.isPassed()).as(report.table()).isTrue();
        assertThat(report.verdicts().getFirst().acknowledged()).isPositive();
    }

    @Test
    void everyShardFailsOverAndLosesNothing() throws Exception {
        var report = drill(new DrillOptions(2, 2, 2, 2, 0), ServerParts.standard());

        assertThat(report.isPassed()).as(report.table()).isTrue();
    }

    @Test
    void aLogThatIsSlowCostsTimeAndNoWrites() throws Exception {
        var parts = new ServerParts(slowLogs(), HoldRule.ALL);

        var report = drill(new DrillOptions(1, 1, 1, 2, LAG_MS), parts);

        assertThat(report.isPassed()).as(report.table()).isTrue();
    }

    /// The same slow log, and replies that do not wait for it: the check can fail.
    @Test
    void repliesThatAreNotHeldLoseWritesAndTheDrillSaysSo() throws Exception {
        var parts = new ServerParts(slowLogs(), HoldRule.NOTHING);

        var report = drill(new DrillOptions(1, 1, 1, 2, LAG_MS), parts);

        assertThat(report.verdicts().getFirst().lost()).as(report.table()).isPositive();
        assertThat(report.isPassed()).isFalse();
    }

    private static LogFactory slowLogs() {
        var real = ServerParts.standard().logs();
        return path -> {
            var log = real.open(path);
            return path.endsWith("control") ? log : new LateLog(log, LAG_MS);
        };
    }

    private DrillReport drill(DrillOptions options, ServerParts parts) throws Exception {
        var silent = new Progress(new PrintWriter(new StringWriter()), false);
        try (var ports = PortLease.take(options.nodes() + 20, RandomGenerator.getDefault())) {
            var nodePorts = new PortRange(ports.first(), ports.last());
            var config = new ServerConfig("127.0.0.1", 0, directory, nodePorts, null);
            try (var server = Server.start(config, parts);
                    var drill =
                            new Drill(
                                    options,
                                    server.endpoint(),
                                    OptionalInt.of(ports.last()),
                                    silent)) {
                return drill.run();
            }
        }
    }
}
