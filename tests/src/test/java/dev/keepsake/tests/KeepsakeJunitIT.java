package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.junit.Cluster;
import dev.keepsake.junit.FailoverMode;
import dev.keepsake.junit.Keepsake;
import dev.keepsake.junit.KeepsakeCluster;
import dev.keepsake.junit.KeepsakeEvent;
import dev.keepsake.junit.KeepsakeServer;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.Node;

/// The test extension with the newest JUnit. Its own module tests it with the oldest.
@Keepsake(
        value = @Cluster(name = "demo"),
        options = "--engine-timeout-ms=100000") // as TestServer.tuning()
class KeepsakeJunitIT {
    private static final String KEY = "n";

    @ParameterizedTest
    @EnumSource(FailoverMode.class)
    void everyFailoverKeepsWhatWasWritten(
            FailoverMode mode,
            KeepsakeServer server,
            KeepsakeCluster cluster,
            SSLContext context,
            MemoryDbClient api)
            throws Exception {
        cluster.reset();
        var trust = new Trust("", context, List.of("TLSv1.3", "TLSv1.2"));
        var nodes = nodes(api, cluster);
        assertThat(onPrimary(nodes, trust, "INCR", KEY)).isEqualTo("1");
        int seen = cluster.events().size();

        cluster.failover("0001", mode);
        cluster.awaitRecovered();

        assertThat(onPrimary(nodes, trust, "INCR", KEY)).isEqualTo("2");
        assertThat(cluster.events().stream().skip(seen).map(KeepsakeEvent::message))
                .hasSize(4)
                .first()
                .isEqualTo("FailoverShard API called for shard 0001");
        assertThat(server.region()).startsWith("us-test-");
    }

    private static List<Node> nodes(MemoryDbClient api, KeepsakeCluster cluster) {
        return api.describeClusters(
                        request -> request.clusterName(cluster.name()).showShardDetails(true))
                .clusters()
                .getFirst()
                .shards()
                .getFirst()
                .nodes();
    }

    private static String onPrimary(List<Node> nodes, Trust trust, String... command)
            throws Exception {
        for (var node : nodes) {
            try (var wire = Wire.to(node, trust)) {
                if (wire.ask("ROLE").startsWith("[master")) {
                    return wire.ask(command);
                }
            }
        }
        throw new AssertionError("no node is the primary");
    }
}
