package dev.keepsake.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.Failover;
import dev.keepsake.control.LiveState;
import dev.keepsake.control.LiveState.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveJsonTest {
    private static final ClusterId DEMO = new ClusterId("us-east-1", "demo", "0123456789abcdef");
    private static final Instant NOW = Instant.parse("2026-12-01T00:00:00.123456Z");

    private static String json(
            List<LiveState.Cluster> clusters,
            List<LiveState.Change> changes,
            List<LiveState.Outage> outages) {
        return LiveJson.of(new LiveState(NOW, clusters, changes, outages));
    }

    @Test
    void aShardIsShownWithItsNodes() {
        var shard =
                new LiveState.Shard(
                        "0001",
                        "demo-0001-001",
                        3,
                        100,
                        250,
                        200,
                        List.of(
                                new LiveState.Node(
                                        "demo-0001-001", Phase.PRIMARY, true, 250, 7, 99)));
        var failover = new Failover("0001", new Failover.Promoted("a", "b"));
        assertThat(
                        json(
                                List.of(
                                        new LiveState.Cluster(
                                                DEMO, "available", failover, List.of(shard))),
                                List.of(),
                                List.of()))
                .isEqualTo(
                        """
                        {"timeMs":1796083200123.456,"clusters":[{"region":"us-east-1","cluster":"demo",\
                        "incarnation":"0123456789abcdef","status":"available",\
                        "failover":{"shard":"0001","stage":"promoted","failing":"a","promoted":"b"},\
                        "shards":[{"name":"0001","leader":"demo-0001-001","term":3,"firstOffset":100,\
                        "endOffset":250,"snapshotOffset":200,"nodes":[{"name":"demo-0001-001",\
                        "phase":"primary","serving":true,"appliedOffset":250,"clients":7,\
                        "commands":99}]}]}],"changes":[],"outages":[]}\
                        """);
    }

    @Test
    void whatIsNotKnownIsOmitted() {
        var shard =
                new LiveState.Shard(
                        "0001",
                        null,
                        0,
                        0,
                        0,
                        LiveState.UNKNOWN,
                        List.of(
                                new LiveState.Node(
                                        "n", Phase.DOWN, false, LiveState.UNKNOWN, 0, 0)));
        var outage = new LiveState.Outage(1, DEMO, "0001", NOW, "n", null, null);
        assertThat(
                        json(
                                List.of(
                                        new LiveState.Cluster(
                                                DEMO, "available", null, List.of(shard))),
                                List.of(),
                                List.of(outage)))
                .doesNotContain("leader", "snapshotOffset", "appliedOffset", "failover")
                .doesNotContain("\"to\"", "lastedMs", "null");
    }

    @Test
    void changesAndOutagesHaveMicroseconds() {
        var change = new LiveState.Change(12, NOW, DEMO, "0001", "n", Phase.SILENT, false);
        var outage =
                new LiveState.Outage(2, DEMO, "0001", NOW, "n", "m", Duration.ofNanos(31_415_926));
        assertThat(json(List.of(), List.of(change), List.of(outage)))
                .contains("\"number\":12,\"timeMs\":1796083200123.456,")
                .contains("\"node\":\"n\",\"phase\":\"silent\",\"serving\":false")
                .contains("\"beginMs\":1796083200123.456,\"from\":\"n\",\"to\":\"m\"")
                .contains("\"lastedMs\":31.415}");
    }

    @Test
    void theTextIsOneLine() {
        var odd = new ClusterId("us-east-1", "a\nb\"c", "0");
        assertThat(
                        json(
                                List.of(new LiveState.Cluster(odd, "creating", null, List.of())),
                                List.of(),
                                List.of()))
                .doesNotContain("\n")
                .contains("a\\nb\\\"c");
    }
}
