package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.aws.AccessKey;
import dev.keepsake.aws.IamTokens;
import dev.keepsake.core.Clock;
import dev.keepsake.core.Secret;
import dev.keepsake.front.AccessUser;
import dev.keepsake.front.FrontOptions;
import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.services.memorydb.model.InputAuthenticationType;
import software.amazon.awssdk.services.memorydb.model.InvalidParameterCombinationException;

/// Users who log in with IAM tokens instead of passwords. The tokens are presigned by AWS's own
/// signer.
class IamIT {
    private static final String WRONG_PASS =
            "-WRONGPASS invalid username-password pair or user is disabled.";
    private static final AwsCredentials KNOWN = AwsBasicCredentials.create("known", "right");
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final AccessUser APP =
            new AccessUser("app", true, false, Set.of(), true, "on ~* &* +@all");

    @TempDir Path directory;
    private final SetClock clock = new SetClock();

    /// Stands still until it is set.
    private static final class SetClock implements Clock {
        private volatile Duration passed = Duration.ZERO;

        @Override
        public long nowNs() {
            return passed.toNanos();
        }

        @Override
        public Instant now() {
            return NOW.plus(passed);
        }
    }

    /// What an application asks AWS's signer for.
    private record Wish(
            String host, String user, String region, String service, int seconds, Instant at) {
        static Wish usual(Instant at) {
            return new Wish("demo", "app", "us-east-1", "memorydb", 900, at);
        }

        String token(AwsCredentials credentials) {
            var request =
                    SdkHttpRequest.builder()
                            .method(SdkHttpMethod.GET)
                            .protocol("http")
                            .host(host)
                            .encodedPath("/")
                            .putRawQueryParameter("Action", "connect")
                            .putRawQueryParameter("User", user)
                            .build();
            var presigned =
                    AwsV4HttpSigner.create()
                            .sign(wish ->
                                    wish.identity(credentials)
                                            .request(request)
                                            .putProperty(
                                                    AwsV4HttpSigner.SERVICE_SIGNING_NAME, service)
                                            .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                                            .putProperty(
                                                    AwsV4HttpSigner.AUTH_LOCATION,
                                                    AwsV4HttpSigner.AuthLocation.QUERY_STRING)
                                            .putProperty(
                                                    AwsV4HttpSigner.EXPIRATION_DURATION,
                                                    Duration.ofSeconds(seconds))
                                            .putProperty(
                                                    HttpSigner.SIGNING_CLOCK,
                                                    java.time.Clock.fixed(at, ZoneOffset.UTC)))
                            .request();
            return presigned.getUri().toString().substring("http://".length());
        }
    }

    private ServedNode start(Map<String, AccessKey> credentials) throws Exception {
        var node =
                ServedNode.start(
                        directory,
                        FrontOptions.standard(),
                        new IamTokens("demo", "us-east-1", credentials, clock));
        node.front().onDurable(Long.MAX_VALUE);
        permit(node, AccessUser.unrestrictedDefault(), APP);
        return node;
    }

    private ServedNode startVerifying() throws Exception {
        return start(Map.of("known", AccessKey.of("right")));
    }

    private static String login(ServedNode node, String token) throws IOException {
        try (var wire = node.connect()) {
            return wire.ask("AUTH", "app", token);
        }
    }

    @Test
    void aTokenLogsItsUserIn() throws Exception {
        try (var node = startVerifying()) {
            String token = Wish.usual(NOW).token(KNOWN);
            try (var wire = node.connect()) {
                assertThat(wire.ask("AUTH", "app", token)).isEqualTo("OK");
                assertThat(wire.ask("ACL", "WHOAMI")).isEqualTo("app");
                assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
            }
            try (var wire = node.connect()) {
                assertThat(wire.ask("HELLO", "3", "AUTH", "app", token)).contains("proto 3");
            }
            var session = AwsSessionCredentials.create("known", "right", "a/session+token=");
            assertThat(login(node, Wish.usual(NOW).token(session))).isEqualTo("OK");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "other, app, us-east-1, memorydb, 900, 0",
        "demo, other, us-east-1, memorydb, 900, 0",
        "demo, app, us-west-2, memorydb, 900, 0",
        "demo, app, us-east-1, elasticache, 900, 0",
        "demo, app, us-east-1, memorydb, 901, 0",
        "demo, app, us-east-1, memorydb, 900, -900",
        "demo, app, us-east-1, memorydb, 60, -60",
        "demo, app, us-east-1, memorydb, 900, 600",
    })
    void aTokenForSomethingElseIsRefusedWhetherOrNotSignaturesAreVerified(
            String host, String user, String region, String service, int seconds, int agoS)
            throws Exception {
        var wish = new Wish(host, user, region, service, seconds, NOW.plusSeconds(agoS));
        try (var node = start(Map.of())) {
            assertThat(login(node, wish.token(KNOWN))).isEqualTo(WRONG_PASS);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "password",
                "demo/?",
                "demo/?Action=connect&User=app",
                "demo/?Action=connect&User=app&X-Amz-Date=%zz",
                "http://demo/?Action=connect"
            })
    void whatIsNoTokenIsRefused(String given) throws Exception {
        try (var node = start(Map.of())) {
            assertThat(login(node, given)).isEqualTo(WRONG_PASS);
        }
    }

    @Test
    void aSignatureCountsOnlyWhenCredentialsAreKnown() throws Exception {
        var wrong = Wish.usual(NOW).token(AwsBasicCredentials.create("known", "wrong"));
        var unknown = Wish.usual(NOW).token(AwsBasicCredentials.create("unknown", "right"));
        var altered = Wish.usual(NOW).token(KNOWN).replace("Expires=900", "Expires=899");
        try (var node = start(Map.of())) {
            for (String token : List.of(wrong, unknown, altered)) {
                assertThat(login(node, token)).isEqualTo("OK");
            }
        }
        try (var node = startVerifying()) {
            for (String token : List.of(wrong, unknown, altered)) {
                assertThat(login(node, token)).isEqualTo(WRONG_PASS);
            }
        }
    }

    @Test
    void aKeyThatIsMappedToAUserSignsForThatOneAlone() throws Exception {
        var secret = new Secret("right");
        try (var node =
                start(
                        Map.of(
                                "known", new AccessKey(secret, "other"),
                                "mapped", new AccessKey(secret, "app"),
                                "unmapped", new AccessKey(secret, null)))) {
            assertThat(login(node, Wish.usual(NOW).token(KNOWN))).isEqualTo(WRONG_PASS);
            for (String key : List.of("mapped", "unmapped")) {
                var credentials = AwsBasicCredentials.create(key, "right");
                assertThat(login(node, Wish.usual(NOW).token(credentials))).isEqualTo("OK");
            }
        }
    }

    @Test
    void aConnectionEndsAfterTwelveHoursUnlessItLogsInAgain() throws Exception {
        try (var node = startVerifying();
                var once = node.connect();
                var twice = node.connect();
                var withoutToken = node.connect()) {
            for (var wire : List.of(once, twice)) {
                assertThat(wire.ask("AUTH", "app", Wish.usual(NOW).token(KNOWN))).isEqualTo("OK");
            }
            clock.passed = Duration.ofHours(11);
            var fresh = Wish.usual(clock.now()).token(KNOWN);
            assertThat(twice.ask("AUTH", "app", fresh)).isEqualTo("OK");
            assertThat(once.ask("SET", "k", "v")).isEqualTo("OK");
            clock.passed = Duration.ofHours(12);
            assertThatThrownBy(once::read).isInstanceOf(IOException.class);
            assertThat(twice.ask("GET", "k")).isEqualTo("v");
            assertThat(twice.ask("MULTI")).isEqualTo("OK");
            assertThat(twice.ask("AUTH", "app", fresh)).startsWith("-ERR");
            clock.passed = Duration.ofHours(23);
            assertThatThrownBy(twice::read).isInstanceOf(IOException.class);
            assertThat(withoutToken.ask("GET", "k")).isEqualTo("v");
        }
    }

    @Test
    void anIamUserMadeThroughTheApiLogsInOverTls() throws Exception {
        try (var server = TestServer.start(directory, ServerParts.standard())) {
            var api = server.api();
            api.client()
                    .createUser(request ->
                            request.userName("app")
                                    .accessString("on ~* &* +@all")
                                    .authenticationMode(
                                            mode -> mode.type(InputAuthenticationType.IAM)));
            api.createAcl("apps", "app");
            var cluster = api.createWithTls("demo", 1, 0, server.endpointPort(), "apps");
            var node = cluster.shards().getFirst().nodes().getFirst();
            try (var wire = Wire.to(node, Trust.in(server.endpoint()))) {
                assertThat(wire.ask("AUTH", "app", "any-password-at-all")).isEqualTo(WRONG_PASS);
                assertThat(wire.ask("AUTH", "app", Wish.usual(Instant.now()).token(KNOWN)))
                        .isEqualTo("OK");
                assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
            }
            api.create("plain", 1, 0, 0, server.endpointPort() - 1);
            assertThatThrownBy(() ->
                            api.client()
                                    .updateCluster(request ->
                                            request.clusterName("plain").aclName("apps")))
                    .isInstanceOf(InvalidParameterCombinationException.class);
        }
    }

    @Test
    void aNodeThatDoesNotSpeakTlsLetsNoIamUserIn() throws Exception {
        try (var node = ServedNode.start(directory, FrontOptions.standard())) {
            permit(node, APP);
            assertThat(login(node, Wish.usual(NOW).token(KNOWN))).isEqualTo(WRONG_PASS);
        }
    }

    private static void permit(ServedNode node, AccessUser... users) throws Exception {
        var admitted = new CompletableFuture<Void>();
        node.front().permit(List.of(users), () -> admitted.complete(null));
        admitted.get(120, TimeUnit.SECONDS);
    }
}
