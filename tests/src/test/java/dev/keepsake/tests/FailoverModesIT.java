package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.control.FailoverMode;
import dev.keepsake.fleet.FailoverPace;
import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.ApiCallRateForCustomerExceededException;
import software.amazon.awssdk.services.memorydb.model.InvalidClusterStateException;
import software.amazon.awssdk.services.memorydb.model.InvalidParameterValueException;
import software.amazon.awssdk.services.memorydb.model.Node;
import software.amazon.awssdk.services.memorydb.model.Tag;

/// What a client sees of each way in which a primary can fail, and what the API says meanwhile.
class FailoverModesIT {
    private static final int A_WHILE_MS = 150;
    private static final String MODE = "keepsake:failover-mode";

    private static final String LAG = "keepsake:topology-lag-ms";
    private static final Pattern PRIMARY =
            Pattern.compile("\\[\\d+ \\d+ \\[127\\.0\\.0\\.1 (\\d+)");

    @TempDir Path directory;

    @Test
    void aCrashResetsConnectionsAndNothingListensUntilTheNodeIsBack() throws Exception {
        try (var server = TestServer.start(directory)) {
            var nodes = create(server, "crash");
            try (var wire = Wire.to(nodes.get(0))) {
                wire.ask("SET", "k", "v");
                server.api().failOver("demo", "0001");
                assertThatThrownBy(() -> wire.ask("GET", "k")).isInstanceOf(IOException.class);
            }
            assertThat(answers(nodes.get(1), "GET", "k")).isEqualTo("v");
        }
    }

    @Test
    void aSilentPrimaryKeepsItsSocketsOpenAndNeverAnswers() throws Exception {
        try (var server = TestServer.start(directory)) {
            var api = server.api();
            var nodes = create(server, "silent");
            try (var before = Wire.to(nodes.get(0));
                    var idle = Wire.to(nodes.get(0))) {
                assertThat(before.ask("SET", "k", "v")).isEqualTo("OK");
                assertThat(idle.ask("PING")).isEqualTo("PONG");
                call(server);
                await("it is silent", () -> !answersSoon(before, "INCR", "n"));
                try (var late = Wire.to(nodes.get(0))) { // connects, and waits
                    late.send("PING");
                    assertThat(late.hasReplyWithin(A_WHILE_MS)).isFalse();
                }
                idle.send("PING");
                assertThat(idle.hasReplyWithin(A_WHILE_MS)).isFalse();

                await("another leads", () -> answers(nodes.get(1), "GET", "k").equals("v"));
                assertThat(answers(nodes.get(1), "SET", "k", "v2")).isEqualTo("OK");
                assertThat(idle.hasReplyWithin(A_WHILE_MS)).isFalse();
                assertThatThrownBy(idle::read).isInstanceOf(IOException.class);
            }
            await("it is replaced", () -> api.messages().getLast().startsWith("Finished recovery"));
            assertThat(answers(nodes.get(0), "ROLE")).startsWith("[slave");
        }
    }

    @Test
    void aHandoverKeepsConnectionsAndSendsClientsOn() throws Exception {
        try (var server = TestServer.start(directory)) {
            var nodes = create(server, "handover");
            try (var wire = Wire.to(nodes.get(0))) {
                wire.ask("SET", "k", "v");
                call(server);
                int written = 0;
                String answer = wire.ask("INCR", "n");
                while (!answer.startsWith("-")) {
                    written = Integer.parseInt(answer);
                    answer = wire.ask("INCR", "n");
                }
                assertThat(answer)
                        .isEqualTo("-MOVED 3432 127.0.0.1:" + nodes.get(1).endpoint().port());
                await(
                        "it is a replica again",
                        () -> server.api().messages().getLast().startsWith("Finished recovery"));
                assertThat(wire.ask("READONLY")).isEqualTo("OK"); // still the same connection
                assertThat(wire.ask("GET", "k")).isEqualTo("v");
                assertThat(wire.ask("GET", "n"))
                        .isEqualTo(written == 0 ? "nil" : Integer.toString(written));
            }
        }
    }

    @Test
    void aModeThatDoesNotExistIsRefused() throws Exception {
        try (var server = TestServer.start(directory)) {
            assertThatThrownBy(() -> create(server, "gently"))
                    .isInstanceOf(InvalidParameterValueException.class)
                    .hasMessageContaining("crash, silent, handover");
        }
    }

    @Test
    void otherNodesLearnOfANewPrimaryLaterWhenAClusterWantsThat() throws Exception {
        try (var server = TestServer.start(directory)) {
            var shards =
                    server.api()
                            .create("demo", 2, 1, server.endpointPort(), Map.of(LAG, "60000"))
                            .shards();
            var first = shards.get(0).nodes();
            var second = shards.get(1).nodes();
            server.api().failOver("demo", "0001");

            // Key n is of slot 3432, which is of the first shard.
            assertThat(answers(first.get(1), "SET", "n", "1")).isEqualTo("OK");
            assertThat(answers(first.get(0), "GET", "n")).isEqualTo(moved(first.get(1)));
            for (var other : second) {
                assertThat(answers(other, "GET", "n")).isEqualTo(moved(first.get(0)));
                assertThat(primaries(other))
                        .containsExactly(port(first.get(0)), port(second.get(0)));
                assertThat(answers(other, "CLUSTER", "NODES"))
                        .containsPattern(
                                ":%d@\\d+\\S* master".formatted(first.get(0).endpoint().port()));
            }
            for (var informed : first) {
                assertThat(primaries(informed))
                        .containsExactly(port(first.get(1)), port(second.get(0)));
            }

            server.api()
                    .client()
                    .tagResource(request ->
                            request.resourceArn(server.api().describe("demo").arn())
                                    .tags(Tag.builder().key(LAG).value("200").build()));
            server.api().failOver("demo", "0001");
            await(
                    "all have learned of it",
                    () ->
                            answers(second.get(1), "GET", "n").equals(moved(first.get(0)))
                                    && answers(first.get(0), "GET", "n").equals("1"));
            server.api().failOver("demo", "0002");
            await(
                    "all have learned of both",
                    () ->
                            primaries(first.get(1))
                                    .equals(List.of(port(first.get(0)), port(second.get(1)))));
        }
    }

    @Test
    void aServerThatStartsAgainTellsEverybodyTheTruth() throws Exception {
        var tuning = TestServer.tuning().withTopologyLag(TimeUnit.MINUTES.toNanos(1));
        List<Node> first;
        Node other;
        var server = TestServer.start(directory, ServerParts.standard(), tuning);
        try (server) {
            var shards = server.api().create("demo", 2, 1, 0, server.endpointPort()).shards();
            first = shards.get(0).nodes();
            other = shards.get(1).nodes().get(0);
            server.api().failOver("demo", "0001");
            assertThat(answers(other, "GET", "n")).isEqualTo(moved(first.get(0)));
        }
        try (var _ = server.again(directory, ServerParts.standard(), tuning)) {
            await("it answers", () -> answers(other, "GET", "n").startsWith("-MOVED"));
            await("it leads", () -> answers(first.get(1), "SET", "n", "2").equals("OK"));
            assertThat(answers(other, "GET", "n")).isEqualTo(moved(first.get(1)));
        }
    }

    private static String moved(Node to) {
        return "-MOVED 3432 127.0.0.1:" + port(to);
    }

    private static String port(Node node) {
        return Integer.toString(node.endpoint().port());
    }

    /// The ports of the primaries that a node tells of, in order of their slots.
    private static List<String> primaries(Node asked) {
        return PRIMARY.matcher(answers(asked, "CLUSTER", "SLOTS"))
                .results()
                .map(range -> range.group(1))
                .toList();
    }

    @Test
    void theQuotaAndThePaceOfAwsCanBeHad() throws Exception {
        var pace =
                new FailoverPace(
                        TimeUnit.MILLISECONDS.toNanos(400), TimeUnit.MILLISECONDS.toNanos(400));
        var tuning =
                TestServer.tuning()
                        .withFailovers(FailoverMode.CRASH, TimeUnit.SECONDS.toNanos(5), pace, 2);
        try (var server = TestServer.start(directory, ServerParts.standard(), tuning)) {
            server.api().create("demo", 1, 1, 0, server.endpointPort());
            call(server);
            assertThatThrownBy(() -> call(server)).isInstanceOf(InvalidClusterStateException.class);
            await("it is over", () -> recoveries(server) == 1);
            var called = server.api().date("FailoverShard API called");
            var promoted = server.api().date("Failover from primary");
            var recovered = server.api().date("Finished recovery");
            assertThat(called.plusMillis(400)).isBefore(promoted);
            assertThat(promoted.plusMillis(400)).isBefore(recovered);

            server.api().failOver("demo", "0001");
            assertThatThrownBy(() -> call(server))
                    .isInstanceOf(ApiCallRateForCustomerExceededException.class);
        }
    }

    private static long recoveries(TestServer server) {
        return server.api().messages().stream()
                .filter(text -> text.startsWith("Finished recovery"))
                .count();
    }

    private static List<Node> create(TestServer server, String mode) {
        return server.api()
                .create("demo", 1, 1, server.endpointPort(), Map.of(MODE, mode))
                .shards()
                .getFirst()
                .nodes();
    }

    private static void call(TestServer server) {
        server.api()
                .client()
                .failoverShard(request -> request.clusterName("demo").shardName("0001"));
    }

    private static boolean answersSoon(Wire wire, String... command) {
        try {
            wire.send(command);
            if (!wire.hasReplyWithin(A_WHILE_MS)) {
                return false;
            }
            wire.read();
            return true;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String answers(Node node, String... command) {
        try (var wire = Wire.to(node)) {
            return wire.ask(command);
        } catch (IOException e) {
            return "no reply: " + e.getMessage();
        }
    }
}
