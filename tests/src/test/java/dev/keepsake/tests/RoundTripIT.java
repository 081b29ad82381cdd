package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static dev.keepsake.tests.Waiting.awaitPassed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Values of every type that an engine has come out as they went in: of its stream, of a snapshot
/// that a node begins with, and of a file that fills another cluster.
@Timeout(600)
class RoundTripIT {
    private static final int SNAPSHOT_EVERY_BYTES = 256 << 10;
    private static final int SEGMENT_BYTES = 64 << 10;

    @TempDir Path directory;

    @ParameterizedTest
    @MethodSource("dev.keepsake.tests.EngineRuns#usual")
    void valuesOfEveryTypeComeOutAsTheyWentIn(EngineRuns.Run run, TestReporter reporter)
            throws Exception {
        var parts = ServerParts.withSegmentsOf(SEGMENT_BYTES);
        var tuning = TestServer.tuning().withSnapshotEvery(SNAPSHOT_EVERY_BYTES);
        try (var server = TestServer.start(directory, parts, tuning, run.program())) {
            var api = server.api();
            var cluster = api.create("source", 1, 1, 0, server.nextEndpointPort());
            var nodes = cluster.shards().getFirst().nodes();
            Map<String, String> written;
            try (var wire = Wire.to(nodes.get(0))) {
                var unknown = TypedValues.write(wire);
                written = TypedValues.read(wire);
                reporter.publishEntry(
                        "%s: %d values; it has no %s".formatted(run, written.size(), unknown));
                assertHolds(nodes.get(1), written); // of the stream
                awaitSnapshotBehindThis(wire);
            }
            api.failOver("source", "0001"); // the replaced node begins with the snapshot
            assertHolds(nodes.get(1), written);
            assertHolds(nodes.get(0), written);

            api.client()
                    .createSnapshot(request -> request.clusterName("source").snapshotName("taken"));
            api.awaitSnapshot("taken", "available");
            api.client()
                    .copySnapshot(request ->
                            request.sourceSnapshotName("taken")
                                    .targetSnapshotName("exported")
                                    .targetBucket("bucket"));
            api.awaitSnapshot("exported", "available");
            api.fill(
                    "filled",
                    server.nextEndpointPort(),
                    request -> request.snapshotArns("arn:aws:s3:::bucket/exported-0001.rdb"));
            await("it is filled", () -> api.describe("filled").status().equals("available"));
            assertHolds(api.node("filled", 0, 0), written);
        }
    }

    private static void assertHolds(Node node, Map<String, String> written) {
        awaitPassed(() -> {
            try (var wire = Wire.to(node)) {
                wire.ask("READONLY");
                assertThat(TypedValues.read(wire)).as(node.name()).isEqualTo(written);
            } catch (IOException e) {
                throw new AssertionError(node.name() + " does not answer", e);
            }
        });
    }

    /// Two, for the first may have begun before what has just been written.
    private void awaitSnapshotBehindThis(Wire wire) throws IOException {
        var seen = SnapshotFiles.in(directory);
        for (int more = 0; more < 2; ) {
            assertThat(wire.ask("SET", "filler", "x".repeat(10_000))).isEqualTo("OK");
            var present = SnapshotFiles.in(directory);
            if (!seen.containsAll(present)) {
                more++;
            }
            seen = present;
        }
    }
}
