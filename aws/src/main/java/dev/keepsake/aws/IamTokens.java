package dev.keepsake.aws;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Clock;
import java.net.URLDecoder;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Checks the tokens with which users without a password log in to one cluster. Any thread.
///
/// A token is the presigned URL, without its scheme, of a call that is never sent:
///
/// ```
/// CLUSTER/?Action=connect&User=NAME&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=KEY%2FDATE
/// %2FREGION%2Fmemorydb%2Faws4_request&X-Amz-Date=…&X-Amz-Expires=900&X-Amz-SignedHeaders=host
/// &X-Amz-Signature=…
/// ```
///
/// A key that is bound to a user signs only tokens of that user.
///
/// When no credentials are configured, everything but the signature is checked, as in the API.
public final class IamTokens {
    /// How long a login is valid.
    static final Duration LOGIN_LASTS = Duration.ofHours(12);

    private static final Logger LOG = LoggerFactory.getLogger(IamTokens.class);
    private static final Duration EXPIRES_MAX = Duration.ofMinutes(15);
    private static final Duration SKEW_MAX = Duration.ofMinutes(5);
    private static final String SIGNATURE = "X-Amz-Signature";
    private static final Pattern CREDENTIAL =
            Pattern.compile("([^/]{1,128})/((\\d{8})/([a-z0-9-]{1,63})/([a-z0-9-]+)/aws4_request)");
    private static final String NO_BODY_SHA256 = SignatureV4.sha256Hex(new byte[0]);

    private final String cluster;
    private final String region;
    private final Map<String, AccessKey> credentials;
    private final Clock clock;

    /// @param cluster the name of the cluster that users log in to
    /// @param credentials keys by access key id; without keys, signatures are not checked
    public IamTokens(
            String cluster, String region, Map<String, AccessKey> credentials, Clock clock) {
        this.cluster = cluster;
        this.region = region;
        this.credentials = Map.copyOf(credentials);
        this.clock = clock;
    }

    /// Whether a token lets this user log in now. The reason of a refusal is logged, without the
    /// token.
    public boolean accepts(String user, String token) {
        String refusal = refusal(user, token);
        if (refusal != null) {
            LOG.info("cluster={} user={} login refused reason={}", cluster, user, refusal);
        }
        return refusal == null;
    }

    /// When a login of this moment expires, in nanoseconds of the clock.
    public long loginEndsNs() {
        return clock.nowNs() + LOGIN_LASTS.toNanos();
    }

    public boolean isOver(long loginEndsNs) {
        return clock.nowNs() - loginEndsNs >= 0;
    }

    private @Nullable String refusal(String user, String token) {
        int question = token.indexOf('?');
        String target = question < 0 ? token : token.substring(0, question);
        if (question < 0 || !(target.equals(cluster) || target.equals(cluster + "/"))) {
            return "the token is not for this cluster";
        }
        var query = query(token.substring(question + 1));
        if (query == null
                || !"connect".equals(query.get("Action"))
                || !SignatureV4.ALGORITHM.equals(query.get("X-Amz-Algorithm"))
                || !"host".equals(query.get("X-Amz-SignedHeaders"))) {
            return "the token is not a presigned connect request";
        }
        if (!user.equals(query.get("User"))) {
            return "the token belongs to another user";
        }
        var credential = CREDENTIAL.matcher(query.getOrDefault("X-Amz-Credential", ""));
        String time = query.getOrDefault("X-Amz-Date", "");
        if (!credential.matches()
                || !credential.group(4).equals(region)
                || !credential.group(5).equals("memorydb")
                || !time.startsWith(credential.group(3))) {
            return "the token's credential is not scoped to its date, %s and memorydb"
                    .formatted(region);
        }
        String late = whyNotNow(time, query.getOrDefault("X-Amz-Expires", ""));
        if (late != null || credentials.isEmpty()) {
            return late;
        }
        var key = credentials.get(credential.group(1));
        if (key == null
                || !SignatureV4.matches(
                        key.secret(),
                        time,
                        credential.group(2),
                        canonical(query),
                        query.getOrDefault(SIGNATURE, ""))) {
            return "the token's signature does not match";
        }
        return key.signsFor(user) ? null : "the token is signed with another user's key";
    }

    private @Nullable String whyNotNow(String time, String expires) {
        var signed = SignatureV4.time(time).orElse(null);
        if (signed == null || !expires.matches("[1-9]\\d{0,5}")) {
            return "the token's date or expiry is missing";
        }
        var lasts = Duration.ofSeconds(Long.parseLong(expires));
        if (lasts.compareTo(EXPIRES_MAX) > 0) {
            return "the token would expire after more than 900 s";
        }
        var now = clock.now();
        if (signed.isAfter(now.plus(SKEW_MAX))) {
            return "the token's date is in the future";
        }
        return now.isBefore(signed.plus(lasts)) ? null : "the token has expired";
    }

    /// The decoded parameters; null when they cannot be read, or one occurs twice.
    private static @Nullable Map<String, String> query(String text) {
        var query = new TreeMap<String, String>();
        for (String pair : text.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals < 0) {
                return null;
            }
            try {
                String name = decoded(pair.substring(0, equals));
                if (query.put(name, decoded(pair.substring(equals + 1))) != null) {
                    return null;
                }
            } catch (IllegalArgumentException _) {
                return null;
            }
        }
        return query;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    }

    private String canonical(Map<String, String> query) {
        var signed = new TreeMap<>(query);
        signed.remove(SIGNATURE);
        var host = new TreeMap<>(Map.of("host", cluster));
        return CanonicalRequest.head(
                        "GET", "/", CanonicalRequest.query(signed.entrySet(), UTF_8), host)
                + NO_BODY_SHA256;
    }
}
