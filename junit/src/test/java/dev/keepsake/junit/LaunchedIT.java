package dev.keepsake.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/// Whole runs of classes by JUnit's launcher.
class LaunchedIT {
    private static final long MEETS_WITHIN_S = 600;
    private static final CyclicBarrier BOTH_RUN = new CyclicBarrier(2);
    private static final ConcurrentLinkedQueue<KeepsakeServer> SERVERS =
            new ConcurrentLinkedQueue<>();

    @Test
    void parallelClassesShareAServerAndUseTheSameNames() throws Exception {
        SERVERS.clear();
        run(
                Map.of(
                        "junit.jupiter.execution.parallel.enabled", "true",
                        "junit.jupiter.execution.parallel.mode.classes.default", "concurrent",
                        "junit.jupiter.execution.parallel.config.strategy", "fixed",
                        "junit.jupiter.execution.parallel.config.fixed.parallelism", "2"),
                One.class,
                Other.class);
        assertThat(SERVERS).hasSize(2);
        assertThat(SERVERS).extracting(KeepsakeServer::pid).containsOnly(SERVERS.peek().pid());
        assertThat(SERVERS).extracting(KeepsakeServer::region).doesNotHaveDuplicates();

        assertThat(ProcessHandle.of(SERVERS.peek().pid()).filter(ProcessHandle::isAlive))
                .as("the server ends with the run")
                .isEmpty();
        assertThat(SERVERS.peek().log().getParent()).doesNotExist();
    }

    @Test
    void theReportOfATestHasTheEventsOfItsClusters() throws Exception {
        var entries = run(Map.of(), FailsOver.class);
        assertThat(entries).hasSize(1);
        assertThat(entries.get(0).keySet()).containsExactly("keepsake cluster test");
        assertThat(String.join("", entries.get(0).values()).lines().skip(1))
                .satisfiesExactly(
                        called -> assertThat(called).contains(" s  FailoverShard API called"),
                        completed -> assertThat(completed).contains("Failover from primary"),
                        began -> assertThat(began).contains("Recovering nodes"),
                        ended -> assertThat(ended).contains("Finished recovery"));
    }

    /// Runs classes, which have to succeed.
    ///
    /// @return the entries of the tests' reports
    private static List<Map<String, String>> run(
            Map<String, String> parameters, Class<?>... classes) throws InterruptedException {
        var builder = LauncherDiscoveryRequestBuilder.request().configurationParameters(parameters);
        for (var each : classes) {
            builder.selectors(selectClass(each));
        }
        LauncherDiscoveryRequest request = builder.build();
        var summary = new SummaryGeneratingListener();
        var entries = new ArrayList<Map<String, String>>();
        var noting =
                new TestExecutionListener() {
                    @Override
                    public void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
                        entries.add(entry.getKeyValuePairs());
                    }
                };
        // A thread of its own: that of this test is one of the run that the test is part of.
        var run = new Thread(() -> LauncherFactory.create().execute(request, summary, noting));
        run.start();
        run.join();
        assertThat(summary.getSummary().getFailures())
                .as("failures")
                .extracting(failure -> failure.getException())
                .isEmpty();
        assertThat(summary.getSummary().getTestsSucceededCount()).isEqualTo(classes.length);
        return entries;
    }

    @Keepsake(@Cluster(replicas = 0))
    static class One {
        @Test
        void meetsTheOther(KeepsakeServer server, KeepsakeCluster cluster) throws Exception {
            meet(server, cluster);
        }
    }

    @Keepsake(@Cluster(replicas = 0))
    static class Other {
        @Test
        void meetsTheOther(KeepsakeServer server, KeepsakeCluster cluster) throws Exception {
            meet(server, cluster);
        }
    }

    private static void meet(KeepsakeServer server, KeepsakeCluster cluster) throws Exception {
        BOTH_RUN.await(MEETS_WITHIN_S, TimeUnit.SECONDS);
        assertThat(cluster.name()).isEqualTo("test");
        SERVERS.add(server);
    }

    @Keepsake(options = KeepsakeExtensionIT.PATIENT)
    static class FailsOver {
        @Test
        void failsOver(KeepsakeCluster cluster) {
            cluster.failover("0001");
            cluster.awaitRecovered();
        }
    }
}
