package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.FailoverMode;
import dev.keepsake.fleet.FailoverPace;
import dev.keepsake.fleet.FleetTuning;
import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Engines that run and do nothing (SIGSTOP): no process ends, no socket closes.
class HangingEngineIT {
    private static final long TIMEOUT_MS = 700;

    @TempDir Path directory;
    private TestServer server;
    private List<Node> nodes;

    @BeforeEach
    void start() throws Exception {
        var tuning =
                FleetTuning.standard()
                        .withEngineTimeout(TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS))
                        .withFailovers(
                                FailoverMode.HANDOVER,
                                TimeUnit.SECONDS.toNanos(5),
                                FailoverPace.INSTANT,
                                0);
        server = TestServer.start(directory, ServerParts.standard(), tuning);
        nodes =
                server.api()
                        .create("demo", 1, 1, 0, server.endpointPort())
                        .shards()
                        .getFirst()
                        .nodes();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aPrimaryWhoseEngineHangsIsReplacedAndNothingAcknowledgedIsLost() throws Exception {
        int acknowledged = 0;
        try (var wire = Wire.to(nodes.get(0))) {
            for (int i = 0; i < 100; i++) {
                acknowledged = Integer.parseInt(wire.ask("INCR", "n"));
            }
            new Engines(directory).hang(List.of(nodes.get(0)));
            wire.send("INCR", "n"); // its outcome is unknown
            await("another leads", () -> isNumber(answers(nodes.get(1), "GET", "n")));
        }
        assertThat(Integer.parseInt(answers(nodes.get(1), "GET", "n")))
                .isBetween(acknowledged, acknowledged + 1);
        await("it is back", () -> answers(nodes.get(0), "ROLE").startsWith("[slave"));
        await("its events are", () -> lastMessage().startsWith("Finished recovery"));
        assertThat(server.api().messages())
                .contains(
                        "Recovering nodes demo-0001-001",
                        "Failover to replica node demo-0001-002 completed",
                        "Finished recovery for nodes demo-0001-001");
    }

    /// Its engine is the one that it led with.
    @Test
    void aReplicaThatHasHandedOverIsReplacedToo() throws Exception {
        var recovering = "Recovering nodes demo-0001-001";
        server.api()
                .client()
                .failoverShard(request -> request.clusterName("demo").shardName("0001"));
        await("it follows", () -> lastMessage().startsWith("Finished recovery"));
        assertThat(server.api().messages()).containsOnlyOnce(recovering);
        new Engines(directory).hang(List.of(nodes.get(0)));
        await(
                "it is replaced",
                () -> Collections.frequency(server.api().messages(), recovering) == 2);
        await("it is back", () -> lastMessage().startsWith("Finished recovery"));
    }

    @Test
    void aReplicaWhoseEngineHangsIsReplacedAndThePrimaryStays() throws Exception {
        try (var wire = Wire.to(nodes.get(0))) {
            assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
            new Engines(directory).hang(List.of(nodes.get(1)));
            await("it was replaced", () -> lastMessage().startsWith("Finished recovery"));
            assertThat(wire.ask("GET", "k")).isEqualTo("v"); // over the same connection
        }
        try (var reading = Wire.to(nodes.get(1))) {
            reading.ask("READONLY");
            assertThat(reading.ask("GET", "k")).isEqualTo("v");
        }
        assertThat(server.api().messages())
                .containsExactly(
                        "Cluster created.",
                        "Recovering nodes demo-0001-002",
                        "Finished recovery for nodes demo-0001-002");
    }

    private String lastMessage() {
        return server.api().messages().getLast();
    }

    private static boolean isNumber(String text) {
        return text.matches("\\d+");
    }

    private static String answers(Node node, String... command) {
        try (var wire = Wire.to(node)) {
            return wire.ask(command);
        } catch (IOException e) {
            return "no reply: " + e.getMessage();
        }
    }
}
