package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.server.PortRange;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `--pace`: statuses last as long as they are to, over a SIGKILL of the server, too.
class PaceIT {
    @TempDir Path data;

    @Test
    void statusesLastAsTheyAreToldAndNoLongerBecauseOfARestart() throws Exception {
        var ports = FreePorts.next(20);
        Instant asked;
        try (var server = launch(ports);
                var api = new Api(server.awaitReady())) {
            asked = Instant.now();
            api.client()
                    .createCluster(request ->
                            request.clusterName("demo")
                                    .nodeType("db.t4g.small")
                                    .aclName("open-access")
                                    .port(ports.last())
                                    .tlsEnabled(false)
                                    .numReplicasPerShard(0));
            assertThat(api.describe("demo").status()).isEqualTo("creating");
            server.kill();
        }
        try (var server = launch(ports);
                var api = new Api(server.awaitReady())) {
            awaitAvailable(api);
            assertThat(Duration.between(asked, api.date("Cluster created.")))
                    .isGreaterThan(Duration.ofSeconds(3).minusMillis(10));

            var updated =
                    api.client()
                            .updateCluster(
                                    request -> request.clusterName("demo").description("other"))
                            .cluster();
            assertThat(updated.status()).isEqualTo("updating");
            assertThat(api.describe("demo").shards().getFirst().status()).isEqualTo("available");
            awaitAvailable(api);
            api.client().createSnapshot(request -> request.clusterName("demo").snapshotName("one"));
            assertThat(api.describe("demo").status()).isEqualTo("snapshotting");
            awaitAvailable(api);
            assertThat(api.messages("demo"))
                    .contains("Snapshot one succeeded for node demo-0001-001");
            api.delete("demo");
        }
    }

    private static void awaitAvailable(Api api) {
        await("it is available", () -> api.describe("demo").status().equals("available"));
    }

    /// 3 s of creating, 0.2 s of updating, 0.6 s of snapshotting, a second of deleting.
    private ServerProcess launch(PortRange ports) throws Exception {
        return ServerProcess.launch(
                data, new PortRange(ports.first(), ports.last() - 1), "--pace", "aws/300");
    }
}
