package dev.keepsake.junit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/// Calls of the AWS API in one region, without AWS's SDK. Immutable; any thread.
final class ApiClient {
    private static final Duration CALL_LIMIT = Duration.ofSeconds(60);

    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CALL_LIMIT)
                    .build();
    private final URI endpoint;
    private final String region;
    private final Supplier<String> serverState;

    /// @param serverState how the server is, for messages
    ApiClient(URI endpoint, String region, Supplier<String> serverState) {
        this.endpoint = endpoint;
        this.region = region;
        this.serverState = serverState;
    }

    /// Calls an operation.
    ///
    /// @throws KeepsakeException when it is refused, or nobody answers
    Json call(String operation, Map<String, ?> members) {
        var request =
                HttpRequest.newBuilder(endpoint)
                        .timeout(CALL_LIMIT)
                        .header("Content-Type", "application/x-amz-json-1.1")
                        .header("X-Amz-Target", "AmazonMemoryDB." + operation)
                        // The region is read from here. The signature is not verified.
                        .header(
                                "Authorization",
                                "AWS4-HMAC-SHA256 Credential=test/20260101/%s/memorydb/aws4_request, SignedHeaders=host, Signature=none"
                                        .formatted(region))
                        .POST(HttpRequest.BodyPublishers.ofString(Json.write(members), UTF_8))
                        .build();
        try {
            var answer = http.send(request, BodyHandlers.ofString(UTF_8));
            var body = Json.read(answer.body());
            if (answer.statusCode() == 200) {
                return body;
            }
            throw new KeepsakeException(
                    "%s was refused: %s (%s)"
                            .formatted(
                                    operation,
                                    body.at("message").string("?"),
                                    body.at("__type").string("?")));
        } catch (IOException e) {
            throw new KeepsakeException(
                    "%s failed, because the server does not answer (%s): %s"
                            .formatted(operation, e, serverState.get()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KeepsakeException("%s was interrupted".formatted(operation), e);
        }
    }
}
