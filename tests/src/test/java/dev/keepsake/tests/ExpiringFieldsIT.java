package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static dev.keepsake.tests.Waiting.awaitPassed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Snapshots of a shard in which the time of some field of a hash is over every moment, so also
/// between the two looks by which a snapshot is verified. Engines differ in what they make of such
/// fields: the digest of Valkey 9 leaves them out, that of Redis 8 has them.
class ExpiringFieldsIT {
    private static final String NAME = "demo";
    private static final int SNAPSHOT_EVERY_BYTES = 1 << 20;
    private static final int SEGMENT_BYTES = 64 << 10;
    private static final long SILENT_MAX_NS = TimeUnit.MINUTES.toNanos(2);

    // Together longer than anything is waited for, so that no snapshot can succeed afterwards.
    private static final int FIELDS = 20_000;
    private static final int APART_MS = 20;
    private static final int AT_ONCE = 1_000;

    private static final String FILLER = "filler".repeat(2_000);

    @TempDir Path directory;

    @ParameterizedTest
    @CsvSource({"valkey,sid", "redis,trixie"})
    void snapshotsAreTakenWhileFieldsOfHashesExpire(String name, String suite) throws Exception {
        var engine = InstalledEngines.from(name, suite);
        try (var server =
                TestServer.start(
                        directory,
                        ServerParts.withSegmentsOf(SEGMENT_BYTES),
                        TestServer.tuning()
                                .withSnapshotEvery(SNAPSHOT_EVERY_BYTES)
                                .withEngineTimeout(SILENT_MAX_NS),
                        engine.path())) {
            var api = server.api();
            var nodes =
                    api.create(NAME, 1, 1, 0, server.endpointPort()).shards().getFirst().nodes();
            assertThat(api.describe(NAME).enginePatchVersion()).isEqualTo(engine.version());
            try (var wire = Wire.to(nodes.get(0))) {
                writeWhatLasts(wire);
                writeWhatExpires(wire);
                for (int round = 0; round < 3; round++) {
                    awaitSnapshot(wire, round); // each but the first starts from one of these
                }
                assertThat(wire.ask("HGET", "short", "f" + (FIELDS - 1)))
                        .as("fields expire to the end of the test")
                        .isEqualTo("v");
            }
            api.failOver(NAME, "0001"); // the replaced node starts from a snapshot
            for (var node : nodes) {
                awaitPassed(() -> assertHolds(node));
            }
        }
    }

    private static void writeWhatLasts(Wire wire) throws IOException {
        assertThat(wire.ask("HSET", "lasting", "f", "v", "g", "w")).isEqualTo("2");
        assertThat(wire.ask("HEXPIRE", "lasting", "100000", "FIELDS", "1", "f")).isEqualTo("[1]");
        assertThat(wire.ask("SET", "late", "v", "EX", "100000")).isEqualTo("OK");
        assertThat(wire.ask("SET", "soon", "v", "PX", "1")).isEqualTo("OK");
        assertThat(wire.ask("HSET", "gone", "f", "v")).isEqualTo("1");
        assertThat(wire.ask("HPEXPIRE", "gone", "1", "FIELDS", "1", "f")).isEqualTo("[1]");
    }

    private static void writeWhatExpires(Wire wire) throws IOException {
        for (int from = 0; from < FIELDS; from += AT_ONCE) {
            var commands = new ArrayList<List<String>>();
            for (int i = from; i < from + AT_ONCE; i++) {
                var field = "f" + i;
                var lifetimeMs = Integer.toString((i + 1) * APART_MS);
                commands.add(
                        List.of("HSETEX", "short", "PX", lifetimeMs, "FIELDS", "1", field, "v"));
            }
            wire.sendAll(commands);
            for (int i = 0; i < commands.size(); i++) {
                assertThat(wire.read()).isEqualTo("1");
            }
        }
    }

    /// Writes until a snapshot has been taken that began after the first write.
    private void awaitSnapshot(Wire wire, int round) {
        var before = SnapshotFiles.in(directory);
        await(
                "a snapshot, round " + round,
                () -> {
                    write(wire);
                    var now = SnapshotFiles.in(directory);
                    return !now.isEmpty() && !now.equals(before);
                });
    }

    private static void write(Wire wire) {
        try {
            for (int i = 0; i < 20; i++) {
                assertThat(wire.ask("SET", "filler" + i % 10, FILLER)).isEqualTo("OK");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertHolds(Node node) {
        try (var wire = Wire.to(node)) {
            wire.ask("READONLY");
            assertThat(wire.ask("HMGET", "lasting", "f", "g")).isEqualTo("[v w]");
            assertThat(wire.ask("HTTL", "lasting", "FIELDS", "2", "f", "g"))
                    .matches("\\[\\d+ -1\\]");
            assertThat(wire.ask("GET", "late")).isEqualTo("v");
            assertThat(wire.ask("TTL", "late")).matches("\\d+");
            assertThat(wire.ask("GET", "soon")).isEqualTo("nil");
            assertThat(wire.ask("HGET", "gone", "f")).isEqualTo("nil");
            assertThat(wire.ask("HGET", "short", "f0")).isEqualTo("nil");
            assertThat(wire.ask("HGET", "short", "f" + (FIELDS - 1))).isEqualTo("v");
        } catch (IOException e) {
            throw new AssertionError(node.name() + " does not answer", e);
        }
    }
}
