package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.fleet.NodeMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// A node whose memory is full deletes keys that no command names, and a failover may bring them
/// back.
class EvictionIT {
    private static final int A_WHILE_MS = 150;
    private static final int KEYS = 200;

    @TempDir Path directory;
    private final List<GatedLog> logs = new CopyOnWriteArrayList<>();

    @Test
    void nobodyIsToldThatAKeyIsGoneBeforeThatIsDurable() throws Exception {
        try (var server = start()) {
            var primary =
                    server.api()
                            .create("small", 1, 0, 0, server.endpointPort())
                            .shards()
                            .getFirst()
                            .nodes()
                            .getFirst();
            server.api().setParameter("small", "maxmemory-policy", "allkeys-lru");
            var value = "v".repeat(100_000);
            try (var writer = Wire.to(primary)) {
                for (int i = 0; i < KEYS; i++) {
                    assertThat(writer.ask("SET", "k" + i, value)).isEqualTo("OK");
                }
                var there = there(primary);
                logs.getFirst().hold();
                for (int i = 0; i < KEYS; i++) {
                    writer.send("SET", "more" + i, value);
                }
                await("they are on their way", () -> logs.getFirst().heldAppends() > 0);
                for (var key : there) {
                    try (var reader = Wire.to(primary)) {
                        reader.send("STRLEN", key);
                        if (reader.hasReplyWithin(A_WHILE_MS / 10)) {
                            assertThat(reader.read()).as(key).isEqualTo("" + value.length());
                        }
                    }
                }
                logs.getFirst().letGo();
                for (int i = 0; i < KEYS; i++) {
                    assertThat(writer.read()).isEqualTo("OK");
                }
            }
            assertThat(there(primary)).isNotEmpty();
        }
    }

    private static List<String> there(Node primary) throws Exception {
        try (var reader = Wire.to(primary)) {
            var keys = new ArrayList<String>();
            for (int i = 0; i < KEYS; i++) {
                if (reader.ask("EXISTS", "k" + i).equals("1")) {
                    keys.add("k" + i);
                }
            }
            return keys;
        }
    }

    private TestServer start() throws Exception {
        return TestServer.start(
                directory,
                ShardLogs.gated(logs),
                TestServer.tuning().withEngines(false, new NodeMemory(0.01, Long.MAX_VALUE)));
    }
}
