package dev.keepsake.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.SplittableRandom;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The API on a free port of this machine, over a control plane in memory.
final class RunningApi implements AutoCloseable {
    static final int MAX_BODY_BYTES = 1 << 20;

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration WITHIN = Duration.ofMinutes(2);

    final FakeControl control;
    final FakeClock clock = new FakeClock();
    final FakeLive live = new FakeLive();

    final TestLoop loop = new TestLoop();

    private final ApiServer server;
    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(WITHIN)
                    .build();

    RunningApi() {
        this(0);
    }

    /// @param failoverQuota how many failovers a day; 0 for any number
    RunningApi(int failoverQuota) {
        control = new FakeControl(failoverQuota);
        try {
            server =
                    ApiServer.start(
                            ApiConfig.standard("127.0.0.1", 0),
                            control,
                            accessString -> {},
                            live,
                            clock,
                            new SplittableRandom(1),
                            loop.loop(),
                            TestLoop.KIND);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// An answer of the API, and what is true of every one.
    record Answer(int status, String requestId, String errorType, JsonNode body) {
        static Answer of(HttpResponse<String> response) {
            assertThat(response.headers().firstValue("Content-Type"))
                    .contains("application/x-amz-json-1.1");
            assertThat(response.headers().firstValue("x-amzn-RequestId"))
                    .hasValueSatisfying(id ->
                            assertThat(id)
                                    .matches(
                                            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));
            return new Answer(
                    response.statusCode(),
                    response.headers().firstValue("x-amzn-RequestId").orElseThrow(),
                    response.headers().firstValue("x-amzn-ErrorType").orElse(""),
                    JSON.readTree(response.body()));
        }

        /// The body of a call that was answered.
        JsonNode ok() {
            assertThat(status).as("%s", body).isEqualTo(200);
            assertThat(errorType).isEmpty();
            return body;
        }

        /// Checks that the call was refused in that way.
        ///
        /// @return the message for people
        String refused(int expectedStatus, String type) {
            assertThat(body.path("__type").asString()).as("%s", body).isEqualTo(type);
            assertThat(status).isEqualTo(expectedStatus);
            assertThat(errorType).isEqualTo(type);
            assertThat(body.propertyNames()).containsExactlyInAnyOrder("__type", "message");
            return body.path("message").stringValue();
        }
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:%d%s".formatted(server.port(), path));
    }

    int port() {
        return server.port();
    }

    /// A well-formed call, to be changed by the test.
    HttpRequest.Builder request(String operation, String body) {
        return HttpRequest.newBuilder(uri("/"))
                .timeout(WITHIN)
                .header("Content-Type", "application/x-amz-json-1.1")
                .header("X-Amz-Target", "AmazonMemoryDB." + operation)
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    Answer call(String operation, String body) {
        return send(request(operation, body));
    }

    Answer send(HttpRequest.Builder request) {
        return Answer.of(sendRaw(request));
    }

    HttpResponse<String> sendRaw(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /// A real client, which does not try again.
    MemoryDbClient sdk(Region region) {
        return MemoryDbClient.builder()
                .endpointOverride(uri("/"))
                .region(region)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create("k", "s")))
                .httpClient(UrlConnectionHttpClient.create())
                .overrideConfiguration(config ->
                        config.retryStrategy(AwsRetryStrategy.doNotRetry()).apiCallTimeout(WITHIN))
                .build();
    }

    MemoryDbClient sdk() {
        return sdk(Region.US_EAST_1);
    }

    /// Creates a cluster and lets the fleet start it.
    void createAvailable(String name) {
        call(
                        "CreateCluster",
                        """
                        {"ClusterName":"%s","NodeType":"db.t4g.small","ACLName":"open-access"}\
                        """
                                .formatted(name))
                .ok();
        control.finishCreating(clock.now());
    }

    @Override
    public void close() {
        http.shutdownNow();
        server.close();
        loop.close();
    }
}
