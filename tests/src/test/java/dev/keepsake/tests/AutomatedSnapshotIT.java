package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// A snapshot that nobody asked for but the schedule, down to its files: a stock redis-server reads
/// them, and holds what the cluster held.
class AutomatedSnapshotIT {
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    @TempDir Path directory;

    @Test
    void whatTheScheduleSavesAStockServerHolds() throws Exception {
        try (var server = TestServer.start(directory)) {
            var api = server.api();
            var cluster = api.create("demo", 2, 0, 0, server.endpointPort());
            for (var shard : cluster.shards()) {
                try (var wire = Wire.to(shard.nodes().getFirst())) {
                    fill(wire, shard.name());
                }
            }
            var now = Instant.now();
            api.client()
                    .updateCluster(request ->
                            request.clusterName("demo")
                                    .snapshotRetentionLimit(1)
                                    .snapshotWindow(
                                            "%s-%s"
                                                    .formatted(
                                                            CLOCK.format(
                                                                    now.minus(Duration.ofHours(2))),
                                                            CLOCK.format(
                                                                    now.plus(
                                                                            Duration.ofHours(
                                                                                    2))))));
            await(
                    "the schedule has taken one",
                    () ->
                            api
                                    .client()
                                    .describeSnapshots(request -> request.source("system"))
                                    .snapshots()
                                    .stream()
                                    .anyMatch(snapshot -> snapshot.status().equals("available")));
            var snapshots =
                    api.client().describeSnapshots(request -> request.source("system")).snapshots();
            assertThat(snapshots).hasSize(1); // one a window
            assertThat(snapshots.getFirst().source()).isEqualTo("automated");
            String name = snapshots.getFirst().name();
            assertThat(name).startsWith("automatic.demo-20");
            assertThat(api.messages("demo"))
                    .contains("Snapshot %s succeeded for node demo-0001-001".formatted(name));

            api.client()
                    .copySnapshot(request ->
                            request.sourceSnapshotName(name)
                                    .targetSnapshotName("copy")
                                    .targetBucket("bucket"));
            await(
                    "it is exported",
                    () ->
                            api.client()
                                    .describeSnapshots(request -> request.snapshotName("copy"))
                                    .snapshots()
                                    .getFirst()
                                    .status()
                                    .equals("available"));
            for (var shard : cluster.shards()) {
                var file =
                        directory
                                .resolve("buckets/bucket")
                                .resolve("copy-%s.rdb".formatted(shard.name()));
                assertThat(heldByStockServer(file))
                        .isEqualTo(heldBy(shard.nodes().getFirst()))
                        .hasSize(6);
            }
        }
    }

    /// A key of each type, in a slot of the shard.
    private static void fill(Wire wire, String shard) throws IOException {
        // {a} is in slot 15495, {b} in slot 3300.
        String tag = shard.equals("0001") ? "{b}" : "{a}";
        assertThat(wire.ask("SET", tag + "string", "v\r\n\0w")).isEqualTo("OK");
        wire.ask("RPUSH", tag + "list", "a", "b", "a");
        wire.ask("SADD", tag + "set", "1", "2", "three");
        wire.ask("ZADD", tag + "zset", "1.5", "m", "-inf", "n");
        wire.ask("HSET", tag + "hash", "f", "v", "g", "w");
        wire.ask("XADD", tag + "stream", "1-1", "f", "v");
    }

    private static Map<String, String> heldBy(Node node) throws IOException {
        try (var wire = Wire.to(node)) {
            return held(wire);
        }
    }

    /// Everything, by key.
    private static Map<String, String> held(Wire wire) throws IOException {
        var held = new TreeMap<String, String>();
        String keys = wire.ask("KEYS", "*");
        for (String key : keys.substring(1, keys.length() - 1).split(" ", -1)) {
            held.put(key, value(wire, key));
        }
        return held;
    }

    private static String value(Wire wire, String key) throws IOException {
        return switch (key.substring(key.indexOf('}') + 1)) {
            case "string" -> wire.ask("GET", key);
            case "list" -> wire.ask("LRANGE", key, "0", "-1");
            case "set" -> wire.ask("SORT", key, "ALPHA"); // it has no order of its own
            case "zset" -> wire.ask("ZRANGE", key, "0", "-1", "WITHSCORES");
            case "hash" -> wire.ask("HGETALL", key);
            case "stream" -> wire.ask("XRANGE", key, "-", "+");
            default -> throw new AssertionError("there is a key " + key);
        };
    }

    private Map<String, String> heldByStockServer(Path rdb) throws Exception {
        var home = Files.createTempDirectory(directory, "stock");
        var engine = ServedNode.findEngine(home);
        Files.copy(rdb, home.resolve("dump.rdb"));
        int port = FreePorts.next(1).first();
        var stock =
                new ProcessBuilder(
                                List.of(
                                        engine.path().toString(),
                                        "--bind",
                                        "127.0.0.1",
                                        "--port",
                                        "" + port,
                                        "--dir",
                                        home.toString(),
                                        "--save",
                                        "",
                                        "--appendonly",
                                        "no"))
                        .redirectErrorStream(true)
                        .redirectOutput(home.resolve("output.log").toFile())
                        .start();
        try {
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            await("it has loaded", () -> isLoaded(address));
            try (var wire = Wire.to(address)) {
                return held(wire);
            }
        } finally {
            stock.destroyForcibly();
            assertThat(stock.waitFor(120, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static boolean isLoaded(InetSocketAddress address) {
        try (var wire = Wire.to(address)) {
            return wire.ask("DBSIZE").matches("\\d+");
        } catch (IOException e) {
            return false; // it does not listen yet
        }
    }
}
