package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.server.PortRange;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.InputAuthenticationType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a server logs for programs, and whom it records as a caller, while a cluster is created and
/// fails over.
class ServerLogIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String PASSWORD = "a-password-of-enough-characters";

    @TempDir Path directory;

    @Test
    void everyLineIsAnObjectAndEveryCallIsRecorded() throws Exception {
        var requests = directory.resolve("requests");
        try (var server =
                        ServerProcess.launch(
                                directory.resolve("data"),
                                0,
                                PortRange.ANY,
                                "--log-format",
                                "json",
                                "--request-log",
                                requests.toString());
                var api = new Api(server.awaitReady())) {
            api.client()
                    .createUser(request ->
                            request.userName("app")
                                    .accessString("on ~* +@all")
                                    .authenticationMode(mode ->
                                            mode.type(InputAuthenticationType.PASSWORD)
                                                    .passwords(PASSWORD)));
            api.create("demo", 1, 1, Map.of());
            api.failOver("demo", "0001");
            await(
                    "the log tells the events in the words of the API",
                    () -> server.errors().contains("Recovering nodes demo-0001-001"));
            server.terminate();
            server.awaitEnd();

            assertThat(server.errors().lines())
                    .noneMatch(line -> line.contains(" INFO ") && !line.startsWith("{"));
            // Other lines are those of the JVM and of the test itself.
            var lines =
                    server.errors()
                            .lines()
                            .filter(line -> line.startsWith("{"))
                            .map(JSON::readTree)
                            .toList();
            assertThat(lines)
                    .isNotEmpty()
                    .allSatisfy(line ->
                            assertThat(line.propertyNames())
                                    .startsWith("time", "level", "logger", "message"));
            assertThat(events(lines, "cluster", "demo"))
                    .contains("Cluster created.", "Recovering nodes demo-0001-001");
            assertThat(lines)
                    .anySatisfy(line -> {
                        assertThat(line.path("logger").stringValue())
                                .isEqualTo("dev.keepsake.fleet.ShardRuntime");
                        assertThat(line.path("primary").stringValue()).isEqualTo("demo-0001-002");
                        assertThat(line.path("term").intValue()).isGreaterThan(1);
                    });
            assertThat(server.errors()).doesNotContain(PASSWORD);

            var calls = Files.readAllLines(requests).stream().map(JSON::readTree).toList();
            assertThat(calls.stream().map(call -> call.path("eventName").stringValue()).distinct())
                    .startsWith("CreateUser", "CreateCluster")
                    .contains("DescribeClusters", "FailoverShard");
            assertThat(calls)
                    .filteredOn(
                            call -> call.path("eventName").stringValue().equals("FailoverShard"))
                    .singleElement()
                    .satisfies(call -> {
                        assertThat(call.path("requestParameters").toString())
                                .isEqualTo("{\"clusterName\":\"demo\",\"shardName\":\"0001\"}");
                        assertThat(call.path("userIdentity").toString())
                                .isEqualTo("{\"accessKeyId\":\"k\",\"verified\":false}");
                        assertThat(call.path("httpStatus").intValue()).isEqualTo(200);
                    });
            assertThat(Files.readString(requests)).doesNotContain(PASSWORD);
        }
    }

    private static List<String> events(List<JsonNode> lines, String type, String name) {
        return lines.stream()
                .filter(line -> line.path("source_type").asString("").equals(type))
                .filter(line -> line.path("source").asString("").equals(name))
                .map(line -> line.path("event").stringValue())
                .toList();
    }
}
