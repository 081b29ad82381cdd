package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.aws.AccessKey;
import dev.keepsake.core.Clock;
import dev.keepsake.core.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.SdkGlobalTime;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.MemoryDbException;
import tools.jackson.databind.json.JsonMapper;

/// What is recorded of each request, with AWS's own client and with requests that no client sends.
class LoggedRequestsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int WITHIN_S = 120;
    private static final String PASSWORD = "a-password-of-enough-characters";

    private final BlockingQueue<RequestRecord> records = new LinkedBlockingQueue<>();
    private final TestLoop loop = new TestLoop();
    private final ApiServer server = start();

    /// The clock of the machine, because AWS's client signs with that.
    private static final class Now implements Clock {
        @Override
        public long nowNs() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            return Instant.now();
        }
    }

    private ApiServer start() {
        var keys =
                Map.of(
                        "AKIAANN",
                        new AccessKey(new Secret("right"), "ann"),
                        "AKIAALL",
                        AccessKey.of("right"));
        try {
            return ApiServer.start(
                    ApiConfig.standard("127.0.0.1", 0).with(new ApiAccess(keys, true)),
                    new FakeControl(),
                    accessString -> {},
                    new FakeLive(),
                    records::add,
                    new Now(),
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
    void aCallIsRecordedInTheWordsOfCloudTrail() throws Exception {
        String requestId;
        try (var sdk = sdk("AKIAANN", "right")) {
            requestId =
                    sdk.createSubnetGroup(request ->
                                    request.subnetGroupName("mine")
                                            .description("not recorded")
                                            .subnetIds("subnet-1"))
                            .responseMetadata()
                            .requestId();
        }
        var record = next();
        assertThat(record.durationMs()).isNotNegative();
        var line = JSON.readTree(record.json());
        assertThat(Instant.parse(line.path("eventTime").stringValue()))
                .isBetween(Instant.now().minusSeconds(WITHIN_S), Instant.now());
        assertThat(line.path("userAgent").stringValue()).contains("aws-sdk-java");
        assertThat(line.toString())
                .contains(
                        "\"eventSource\":\"memorydb.amazonaws.com\","
                                + "\"eventName\":\"CreateSubnetGroup\",\"awsRegion\":\"eu-west-1\","
                                + "\"sourceIPAddress\":\"127.0.0.1\",")
                .contains(
                        "\"userIdentity\":{\"accessKeyId\":\"AKIAANN\",\"userName\":\"ann\","
                                + "\"verified\":true},"
                                + "\"requestParameters\":{\"subnetGroupName\":\"mine\"},"
                                + "\"requestID\":\""
                                + requestId
                                + "\",\"httpStatus\":200,\"durationMs\":")
                .doesNotContain("errorCode", "not recorded");
    }

    @Test
    void aRefusalIsRecordedWithItsError() throws Exception {
        try (var sdk = sdk("AKIAALL", "right")) {
            assertThatThrownBy(() ->
                            sdk.failoverShard(
                                    request -> request.clusterName("none").shardName("0001")))
                    .isInstanceOf(MemoryDbException.class);
        }
        var record = next();
        assertThat(record.errorCode()).isEqualTo("ClusterNotFoundFault");
        assertThat(record.status()).isEqualTo(400);
        assertThat(record.resources())
                .isEqualTo(Map.of("ClusterName", "none", "ShardName", "0001"));
        assertThat(record.isVerified()).isTrue();
        assertThat(record.user()).isEmpty();
    }

    @Test
    void aCallerWhoseSignatureIsWrongIsRecordedAndNotBelieved() throws Exception {
        try (var sdk = sdk("AKIAANN", "wrong")) {
            assertThatThrownBy(() -> sdk.describeClusters(request -> {}))
                    .isInstanceOf(MemoryDbException.class);
        }
        var wrong = next();
        assertThat(wrong.errorCode()).isEqualTo("InvalidSignatureException");
        assertThat(wrong.keyId()).isEqualTo("AKIAANN");
        assertThat(wrong.isVerified()).isFalse();
        assertThat(wrong.user()).isEmpty();

        try (var sdk = sdk("AKIANOBODY", "right")) {
            assertThatThrownBy(() -> sdk.describeClusters(request -> {}))
                    .isInstanceOf(MemoryDbException.class);
        }
        var unknown = next();
        assertThat(unknown.errorCode()).isEqualTo("UnrecognizedClientException");
        assertThat(unknown.operation()).isEqualTo("DescribeClusters");
        assertThat(unknown.isVerified()).isFalse();
    }

    @Test
    void noSecretIsRecorded() throws Exception {
        try (var sdk = sdk("AKIAALL", "right")) {
            sdk.createUser(request ->
                    request.userName("bob")
                            .accessString("on ~* +@all >another-" + PASSWORD)
                            .authenticationMode(mode -> mode.type("password").passwords(PASSWORD)));
        } catch (MemoryDbException refused) {
            // an access string may contain no passwords; the record must not contain it either way
        }
        var record = next();
        assertThat(record.resources()).isEqualTo(Map.of("UserName", "bob"));
        assertThat(record.json()).doesNotContain(PASSWORD).doesNotContain("~*");
    }

    @Test
    void whatIsNoCallIsRecordedByItsMethodAndPath() throws Exception {
        assertThat(send("GET /_keepsake/health HTTP/1.1\r\nHost: h\r\n\r\n")).contains(" 200 ");
        assertThat(send("DELETE /a%0ab HTTP/1.1\r\nHost: h\r\n\r\n")).contains(" 404 ");
        var record = next(); // the health was only read
        assertThat(record.operation()).isEqualTo("DELETE /a%0ab");
        assertThat(record.status()).isEqualTo(404);
        assertThat(record.keyId()).isEmpty();

        assertThat(send("nonsense\r\n\r\n")).contains(" 400 ");
        var malformed = next();
        assertThat(malformed.operation()).isEmpty();
        assertThat(malformed.errorCode()).isEqualTo("MalformedHttpRequestException");
        assertThat(malformed.requestId()).isNotEmpty();
    }

    @Test
    void textsOfTheClientAreBoundedAndSafeToLookAt() throws Exception {
        assertThat(
                        send(
                                "POST / HTTP/1.1\r\nHost: h\r\nUser-Agent: a\u00e2\u0080\u00aeb\r\n"
                                        + "X-Amz-Target: AmazonMemoryDB."
                                        + "x".repeat(1_000)
                                        + "\r\nContent-Type: application/x-amz-json-1.1\r\n\r\n"))
                .contains("UnknownOperationException");
        var record = next();
        assertThat(record.operation()).isEqualTo("x".repeat(200) + "…");
        assertThat(record.userAgent()).isEqualTo("a\u202eb");
        assertThat(record.json()).contains("\"userAgent\":\"a\\u202eb\"").doesNotContain("\u202e");
    }

    private RequestRecord next() throws InterruptedException {
        var record = Objects.requireNonNull(records.poll(WITHIN_S, TimeUnit.SECONDS), "no record");
        assertThat(records).isEmpty();
        return record;
    }

    /// Sends bytes, and reads until the server closes the connection or has sent its answer.
    private String send(String bytes) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(WITHIN_S * 1_000);
            socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }

    private MemoryDbClient sdk(String key, String secret) {
        return MemoryDbClient.builder()
                .endpointOverride(URI.create("http://127.0.0.1:%d/".formatted(server.port())))
                .region(Region.EU_WEST_1)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(key, secret)))
                .httpClient(UrlConnectionHttpClient.create())
                .overrideConfiguration(config ->
                        config.retryStrategy(AwsRetryStrategy.doNotRetry())
                                .apiCallTimeout(Duration.ofSeconds(WITHIN_S)))
                .build();
    }
}
