package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.FailoverMode;
import dev.keepsake.core.PortLease;
import dev.keepsake.drill.ChildServer;
import dev.keepsake.drill.Drill;
import dev.keepsake.drill.DrillEvent;
import dev.keepsake.drill.DrillFault;
import dev.keepsake.drill.DrillOptions;
import dev.keepsake.drill.DrillReport;
import dev.keepsake.drill.FailureKind;
import dev.keepsake.drill.Progress;
import dev.keepsake.drill.ResourceUse;
import dev.keepsake.drill.Verdict;
import dev.keepsake.server.PortRange;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Drills of a server that is a process of its own, as `keepsake drill` starts it: everything that
/// can be done to it, and what it holds afterwards.
class DrillFaultsIT {
    private static final double LEASE_MS = 2_000;
    private static final int MANY = 12;
    private static final long MB = 1 << 20;

    /// For threads and connections that come and go; what each failover left would be more.
    private static final long SLACK = 5;

    @TempDir Path directory;

    @Test
    void enginesThatAreKilledAreReplacedAndNothingIsLost() throws Exception {
        var report = drill(2, FailoverMode.CRASH, DrillFault.ENGINE);

        assertThat(report.failovers())
                .extracting(failover -> failover.trail().from())
                .containsExactly(nodeOf(report, 1), nodeOf(report, 2));
    }

    @Test
    void aServerThatIsKilledComesBackWithEverything() throws Exception {
        var report = drill(1, FailoverMode.CRASH, DrillFault.SERVER);

        assertThat(report.events())
                .extracting(DrillEvent::message)
                .contains(
                        "Recovering nodes " + nodeOf(report, 1),
                        "Recovering nodes " + nodeOf(report, 2),
                        "Finished recovery for nodes " + nodeOf(report, 1),
                        "Finished recovery for nodes " + nodeOf(report, 2));
    }

    @Test
    void aPrimaryThatFallsSilentIsReplacedWhenItsLeaseIsOver() throws Exception {
        var report = drill(1, FailoverMode.SILENT, DrillFault.FAILOVER);

        assertThat(report.failovers().getFirst().outage().maxMs()).isGreaterThan(LEASE_MS);
    }

    @Test
    void aHandoverCutsNoConnection() throws Exception {
        var report = drill(2, FailoverMode.HANDOVER, DrillFault.FAILOVER);

        assertThat(report.failures()).doesNotContainKey(FailureKind.CONNECTION_LOST);
    }

    /// The 10th and the 100th of `keepsake drill --failovers 100` in small.
    @Test
    void failoversLeaveNothingBehind() throws Exception {
        var report = drill(MANY, FailoverMode.CRASH, DrillFault.FAILOVER);

        assertGrowth(report, ResourceUse::threads, SLACK);
        assertGrowth(report, ResourceUse::files, SLACK);
        assertGrowth(report, ResourceUse::sockets, SLACK);
        assertGrowth(report, ResourceUse::heapBytes, 4 * MB);
        assertGrowth(report, ResourceUse::processes, 0);
    }

    /// What is there for a moment only, such as a file that a replica starts from, is not in all of
    /// the last three looks.
    private static void assertGrowth(
            DrillReport report, ToLongFunction<ResourceUse> what, long slack) {
        var uses =
                report.failovers().stream()
                        .mapToLong(failover ->
                                what.applyAsLong(Objects.requireNonNull(failover.use())))
                        .toArray();
        long from = uses[report.settled() - 1];
        long to = LongStream.of(uses).skip(uses.length - 3L).min().orElseThrow();
        assertThat(from).as(report.table()).isPositive();
        assertThat(to - from).as(report.table()).isLessThanOrEqualTo(slack);
    }

    private static String nodeOf(DrillReport report, int number) {
        var recovering =
                report.events().stream()
                        .map(DrillEvent::message)
                        .filter(message -> message.startsWith("Recovering nodes "))
                        .findFirst()
                        .orElseThrow();
        return recovering.replaceFirst("Recovering nodes (.*)-00\\d", "$1-00" + number);
    }

    /// Two nodes, two writers.
    private DrillReport drill(int failovers, FailoverMode mode, DrillFault fault) throws Exception {
        var options = new DrillOptions(failovers, 0, 1, 1, 2, 0, mode, fault, 0);
        var silent = new Progress(new PrintWriter(new StringWriter()), false);
        try (var ports = PortLease.take(options.nodes() + 20, RandomGenerator.getDefault())) {
            var data = directory.resolve("data");
            var command =
                    DrillCommand.serverCommand(
                            Main.class.getName(),
                            ports.first(),
                            new PortRange(ports.first() + 1, ports.last()),
                            data,
                            null);
            try (var server = ChildServer.start(command, data, directory.resolve("log"));
                    var drill = new Drill(options, server, OptionalInt.of(ports.last()), silent)) {
                var report = drill.run();
                assertThat(report.isPassed()).as(report.table()).isTrue();
                assertThat(report.verdicts()).hasSize(1).isNotEqualTo(List.of(Verdict.EMPTY));
                return report;
            }
        }
    }
}
