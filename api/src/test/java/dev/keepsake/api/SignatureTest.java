package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keepsake.aws.AccessKey;
import dev.keepsake.aws.SignatureV4;
import dev.keepsake.core.Clock;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.SdkGlobalTime;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.MemoryDbException;

/// Who may call when the server knows credentials: as AWS's own client signs, which uses the clock
/// of the machine, so the server's clock here is that of the machine, too, but for what a test
/// adds.
class SignatureTest {
    private static final List<String> SIGNED = List.of("host", "x-amz-date", "x-amz-target");
    private static final String CANONICAL_QUERY = "a=&b=1%20%2F&b=~2";

    private final OffsetClock clock = new OffsetClock();
    private final TestLoop loop = new TestLoop();
    private final ApiServer server = start();

    /// The clock of the machine, set wrong.
    private static final class OffsetClock implements Clock {
        private volatile Duration offset = Duration.ZERO;

        @Override
        public long nowNs() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            return Instant.now().plus(offset);
        }
    }

    private ApiServer start() {
        try {
            return ApiServer.start(
                    ApiConfig.standard("127.0.0.1", 0)
                            .with(new ApiAccess(Map.of("known", AccessKey.of("right")), true)),
                    new FakeControl(),
                    accessString -> {},
                    new FakeLive(),
                    clock,
                    new SplittableRandom(1),
                    loop.loop(),
                    TestLoop.KIND);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// The SDK corrects its clock for the whole JVM when a server of another test names another
    /// time.
    @BeforeEach
    void setTheClockBack() {
        SdkGlobalTime.setGlobalTimeOffset(0);
    }

    @AfterEach
    void close() {
        server.close();
        loop.close();
    }

    @Test
    void aRightSignatureIsTaken() {
        try (var sdk = sdk("known", "right")) {
            assertThat(sdk.describeClusters(request -> {}).clusters()).isEmpty();
            assertThat(
                            sdk.createSubnetGroup(request ->
                                            request.subnetGroupName("ä-is-none".substring(2))
                                                    .description("two  spaces, ä and \n")
                                                    .subnetIds("subnet-1"))
                                    .subnetGroup()
                                    .name())
                    .isEqualTo("is-none");
        }
    }

    @Test
    void aWrongOrUnknownKeyIsRefused() {
        assertThat(refused("known", "wrong").errorCode()).isEqualTo("InvalidSignatureException");
        assertThat(refused("unknown", "right").errorCode())
                .isEqualTo("UnrecognizedClientException");
    }

    @Test
    void aClockThatIsWrongIsTold() {
        // Signed by hand, for AWS's client would set its clock, for all tests, by the answer's
        // Date.
        clock.offset = Duration.ofMinutes(16);
        assertThat(sendSignedNow())
                .contains("InvalidSignatureException")
                .containsPattern(
                        "Signature expired: \\d{8}T\\d{6}Z is now earlier than \\d{8}T\\d{6}Z"
                                + " \\(\\d{8}T\\d{6}Z - 15 min\\.\\)");
        clock.offset = Duration.ofMinutes(-16);
        assertThat(sendSignedNow())
                .contains("InvalidSignatureException")
                .containsPattern(
                        "Signature not yet current: \\d{8}T\\d{6}Z is still later than"
                                + " \\d{8}T\\d{6}Z \\(\\d{8}T\\d{6}Z \\+ 15 min\\.\\)");
        clock.offset = Duration.ofMinutes(14);
        assertThat(sendSignedNow()).contains("\"Clusters\":[]");
    }

    /// By a client whose clock is that of the machine.
    private String sendSignedNow() {
        return sendSigned("/", SIGNED, "DescribeClusters", Instant.now());
    }

    @Test
    void theQueryIsSignedToo() {
        assertThat(sendSigned("/?b=%7e2&a&b=1%20%2f", SIGNED, "DescribeClusters"))
                .contains("\"Clusters\":[]");
    }

    @Test
    void signedHeadersAreInLowerCaseInOrderAndEachOnce() {
        for (var signed :
                List.of(
                        List.of("x-amz-date", "host", "x-amz-target"),
                        List.of("host", "host", "x-amz-date", "x-amz-target"),
                        List.of("host", "X-Amz-Date", "x-amz-date", "x-amz-target"),
                        List.of("", "host", "x-amz-date", "x-amz-target"))) {
            assertThat(sendSigned("/", signed, "DescribeClusters"))
                    .contains("IncompleteSignature", "SignedHeaders has to name headers");
        }
        assertThat(sendSigned("/", List.of("x-amz-date", "x-amz-target"), "DescribeClusters"))
                .contains("InvalidSignatureException", "host has to be signed");
        assertThat(
                        sendSigned(
                                "/",
                                List.of("host", "x-amz-date", "x-amz-target", "x-none"),
                                "DescribeClusters"))
                .contains("InvalidSignatureException", "no such header");
    }

    @Test
    void aCallWithoutASignatureIsRefused() throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var answer =
                    http.send(
                            HttpRequest.newBuilder(uri())
                                    .header("Content-Type", "application/x-amz-json-1.1")
                                    .header("X-Amz-Target", "AmazonMemoryDB.DescribeClusters")
                                    .POST(HttpRequest.BodyPublishers.ofString("{}"))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("MissingAuthenticationTokenException");
        }
    }

    @Test
    void aCallOfAnotherOperationIsNotWhatWasSigned() {
        // As one who saw a signed call would try it: only X-Amz-Target is another.
        assertThat(sendSigned("/", List.of("host", "x-amz-date"), "DescribeClusters"))
                .contains("InvalidSignatureException")
                .contains("x-amz-target has to be signed");
        assertThat(
                        sendSigned(
                                "/",
                                List.of("host", "x-amz-date", "x-amz-target"),
                                "DescribeClusters"))
                .contains("\"Clusters\":[]");
    }

    @Test
    void aResetIsForCallersWithASignatureToo() throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var answer =
                    http.send(
                            HttpRequest.newBuilder(uri().resolve("/_keepsake/reset"))
                                    .POST(HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("MissingAuthenticationTokenException");
        }
        assertThat(sendSigned("/_keepsake/reset", List.of("host", "x-amz-date"), null))
                .isEqualTo("{\"status\":\"reset\"}");
    }

    /// Signs by hand, and sends.
    private String sendSigned(String path, List<String> signed, @Nullable String operation) {
        return sendSigned(path, signed, operation, clock.now());
    }

    private String sendSigned(
            String path, List<String> signed, @Nullable String operation, Instant at) {
        String body = operation == null ? "" : "{}";
        String time =
                DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT)
                        .withZone(ZoneOffset.UTC)
                        .format(at);
        String scope = time.substring(0, 8) + "/us-east-1/memorydb/aws4_request";
        String target = "AmazonMemoryDB." + operation;
        var values =
                Map.of(
                        "host", uri().getAuthority(),
                        "x-amz-date", time,
                        "x-amz-target", target);
        String canonical =
                "POST\n%s\n%s\n%s\n%s\n%s"
                        .formatted(
                                path.replaceFirst("\\?.*", ""),
                                path.contains("?") ? CANONICAL_QUERY : "",
                                signed.stream()
                                        .map(name -> name + ":" + values.get(name) + "\n")
                                        .collect(Collectors.joining()),
                                String.join(";", signed),
                                SignatureV4.sha256Hex(body.getBytes(UTF_8)));
        var request =
                HttpRequest.newBuilder(uri().resolve(path))
                        .header("Content-Type", "application/x-amz-json-1.1")
                        .header("X-Amz-Date", time)
                        .header(
                                "Authorization",
                                "%s Credential=known/%s, SignedHeaders=%s, Signature=%s"
                                        .formatted(
                                                SignatureV4.ALGORITHM,
                                                scope,
                                                String.join(";", signed),
                                                signature(time, scope, canonical)))
                        .POST(HttpRequest.BodyPublishers.ofString(body));
        if (operation != null) {
            request.header("X-Amz-Target", target);
        }
        try (var http = HttpClient.newHttpClient()) {
            return http.send(request.build(), BodyHandlers.ofString()).body();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static String signature(String time, String scope, String canonical) {
        byte[] key = "AWS4right".getBytes(UTF_8);
        for (String part : scope.split("/", -1)) {
            key = hmac(key, part);
        }
        String toSign =
                String.join(
                        "\n",
                        SignatureV4.ALGORITHM,
                        time,
                        scope,
                        SignatureV4.sha256Hex(canonical.getBytes(UTF_8)));
        return HexFormat.of().formatHex(hmac(key, toSign));
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private AwsErrorDetails refused(String key, String secret) {
        try (var sdk = sdk(key, secret)) {
            var thrown =
                    catchThrowableOfType(
                            MemoryDbException.class, () -> sdk.describeClusters(request -> {}));
            assertThat(thrown.statusCode()).isEqualTo(403);
            return thrown.awsErrorDetails();
        }
    }

    private URI uri() {
        return URI.create("http://127.0.0.1:%d/".formatted(server.port()));
    }

    private MemoryDbClient sdk(String key, String secret) {
        return MemoryDbClient.builder()
                .endpointOverride(uri())
                .region(Region.EU_WEST_1)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(key, secret)))
                .httpClient(UrlConnectionHttpClient.create())
                .overrideConfiguration(config ->
                        config.retryStrategy(AwsRetryStrategy.doNotRetry())
                                .apiCallTimeout(Duration.ofMinutes(2)))
                .build();
    }
}
