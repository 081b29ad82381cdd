package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.buckets.S3StandIn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;

/// Snapshots that leave for an S3-compatible server and come back from there.
class S3SnapshotIT {
    @TempDir Path directory;

    @Test
    void aSnapshotIsExportedToABucketAndFillsANewCluster() throws Exception {
        try (var s3 = new S3StandIn();
                var server = TestServer.start(directory, s3.endpoint())) {
            s3.createBucket("exports");
            var client = server.api().client();
            server.api().create("source", 1, 0, 0, server.endpointPort());
            try (var wire = Wire.to(server.api().node("source", 0, 0))) {
                assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
            }
            client.createSnapshot(request -> request.clusterName("source").snapshotName("one"));
            server.api().awaitSnapshot("one", "available");
            copy(client, "two", "exports");
            server.api().awaitSnapshot("two", "available");
            assertThat(s3.objects("exports")).containsOnlyKeys("two-0001.rdb");
            var magic = Arrays.copyOf(s3.objects("exports").get("two-0001.rdb"), 5);
            assertThat(new String(magic, US_ASCII)).isIn("REDIS", "VALKE"); // which Valkey 9 has
            assertThat(directory.resolve("buckets")).doesNotExist();

            copy(client, "three", "not-there");
            server.api().awaitSnapshot("three", "failed");

            fill(server, "filled", "two-0001.rdb", server.endpointPort() - 1);
            await("it is filled", () -> status(client, "filled").equals("available"));
            try (var wire = Wire.to(server.api().node("filled", 0, 0))) {
                assertThat(wire.ask("GET", "k")).isEqualTo("v");
            }
            try (var files = Files.walk(directory)) {
                assertThat(files).noneMatch(file -> file.endsWith("downloads"));
            }
            fill(server, "broken", "none.rdb", server.endpointPort() - 2);
            await("it fails", () -> status(client, "broken").equals("restore-failed"));
            assertThat(server.api().messages("broken"))
                    .anyMatch(text -> text.contains("404 to the HEAD of exports/none.rdb"));
        }
    }

    private static void copy(MemoryDbClient client, String name, String bucket) {
        client.copySnapshot(request ->
                request.sourceSnapshotName("one").targetSnapshotName(name).targetBucket(bucket));
    }

    private static void fill(TestServer server, String name, String object, int port) {
        server.api()
                .fill(
                        name,
                        port,
                        request -> request.snapshotArns("arn:aws:s3:::exports/" + object));
    }

    private static String status(MemoryDbClient client, String cluster) {
        return client.describeClusters(request -> request.clusterName(cluster))
                .clusters()
                .getFirst()
                .status();
    }
}
