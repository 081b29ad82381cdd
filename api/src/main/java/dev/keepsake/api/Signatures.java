package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.aws.AccessKey;
import dev.keepsake.aws.CanonicalRequest;
import dev.keepsake.aws.SignatureV4;
import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import dev.keepsake.core.Secret;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/// Verifies signatures of version 4 that AWS's clients send in the Authorization header. Source:
/// AWS's description of the signing process. Stateless; any thread.
///
/// There are two steps: the head is checked before the body is read, and the signature when the
/// body is there.
final class Signatures {
    private static final Duration SKEW_MAX = Duration.ofMinutes(15);

    /// The format of X-Amz-Date. Clients read the times in the messages about it, to correct their
    /// clocks.
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private static final Pattern AUTHORIZATION =
            Pattern.compile(
                    SignatureV4.ALGORITHM
                            + "\\s+Credential=([^,\\s]+),\\s*SignedHeaders=([^,\\s]+),\\s*"
                            + "Signature=([0-9a-f]{64})\\s*");
    private static final Pattern HEADER_NAME = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]+");

    private final Map<String, AccessKey> credentials;

    Signatures(Map<String, AccessKey> credentials) {
        this.credentials = credentials;
    }

    /// A request whose head is correctly signed as far as that can be known without the body.
    ///
    /// @param canonicalHead the signed text without the digest of the body
    record Claim(
            Secret secret,
            String time,
            CredentialScope scope,
            String canonicalHead,
            String signatureHex) {}

    /// Checks that the head names one of the credentials and the present time, and that the headers
    /// which decide are signed.
    ///
    /// @throws ApiException as the service answers
    Claim expectClaim(HttpHead head, Instant now) {
        String authorization = head.header("authorization");
        if (authorization == null) {
            throw Fault.MISSING_AUTHENTICATION_TOKEN.because("Missing Authentication Token");
        }
        var parts = AUTHORIZATION.matcher(authorization);
        var scope = CredentialScope.of(authorization).orElse(null);
        if (!parts.matches() || scope == null) {
            throw Fault.INCOMPLETE_SIGNATURE.because(
                    "The Authorization header has to be %s with Credential, SignedHeaders and"
                            + " Signature.",
                    SignatureV4.ALGORITHM);
        }
        var key = credentials.get(scope.key());
        if (key == null) {
            throw Fault.UNRECOGNIZED_CLIENT.because(
                    "The security token included in the request is invalid.");
        }
        String time = head.headerOrEmpty("x-amz-date");
        expectNow(time, now);
        if (!scope.service().equals("memorydb") || !time.startsWith(scope.date())) {
            throw Fault.INVALID_SIGNATURE.because(
                    "Credential should be scoped to the service memorydb and the date of X-Amz-Date,"
                            + " not to %s.",
                    scope);
        }
        var headers = List.of(parts.group(2).split(";", -1));
        expectInOrder(headers);
        expectSigned(head, headers);
        return new Claim(key.secret(), time, scope, canonicalHead(head, headers), parts.group(3));
    }

    /// Checks that the signature belongs to the head and this body.
    ///
    /// @throws ApiException as the service answers
    void verify(Claim claim, byte[] body) {
        if (!SignatureV4.matches(
                claim.secret(),
                claim.time(),
                claim.scope().toString(),
                claim.canonicalHead() + SignatureV4.sha256Hex(body),
                claim.signatureHex())) {
            throw Fault.INVALID_SIGNATURE.because(
                    "The request signature we calculated does not match the signature you provided."
                            + " Check your secret access key and signing method.");
        }
    }

    private static void expectInOrder(List<String> signed) {
        String before = "";
        for (String name : signed) {
            if (!HEADER_NAME.matcher(name).matches() || name.compareTo(before) <= 0) {
                throw Fault.INCOMPLETE_SIGNATURE.because(
                        "SignedHeaders has to name headers in lower case, in the order of the"
                                + " alphabet, each once.");
            }
            before = name;
        }
    }

    /// Checks that the headers which identify the call are signed. Otherwise a listener could turn
    /// one call into another. Content-Type need not be signed, because there is only one (AWS's
    /// client for PHP never signs it).
    private static void expectSigned(HttpHead head, List<String> signed) {
        if (!signed.contains("host")) {
            throw Fault.INVALID_SIGNATURE.because("The header host has to be signed.");
        }
        for (String name : head.headerNames()) {
            if (name.startsWith("x-amz-") && !signed.contains(name)) {
                throw Fault.INVALID_SIGNATURE.because("The header %s has to be signed.", name);
            }
        }
        for (String name : signed) {
            if (head.header(name) == null) {
                throw Fault.INVALID_SIGNATURE.because(
                        "SignedHeaders names %s, and the request has no such header.", name);
            }
        }
    }

    private static void expectNow(String time, Instant now) {
        var signed =
                SignatureV4.time(time)
                        .orElseThrow(() ->
                                Fault.INCOMPLETE_SIGNATURE.because(
                                        "X-Amz-Date is missing or not of the form"
                                                + " 20210817T120000Z."));
        if (signed.isBefore(now.minus(SKEW_MAX))) {
            throw Fault.INVALID_SIGNATURE.because(
                    "Signature expired: %s is now earlier than %s (%s - 15 min.)",
                    time, TIME.format(now.minus(SKEW_MAX)), TIME.format(now));
        }
        if (signed.isAfter(now.plus(SKEW_MAX))) {
            throw Fault.INVALID_SIGNATURE.because(
                    "Signature not yet current: %s is still later than %s (%s + 15 min.)",
                    time, TIME.format(now.plus(SKEW_MAX)), TIME.format(now));
        }
    }

    private static String canonicalHead(HttpHead head, List<String> names) {
        var headers = new LinkedHashMap<String, String>();
        for (String name : names) {
            headers.put(name, head.headerOrEmpty(name).replaceAll(" +", " "));
        }
        return CanonicalRequest.head(
                head.method(), head.path(), canonicalQuery(head.query()), headers);
    }

    /// The parameters in order, each in its only valid encoding.
    ///
    /// @throws ApiException when a parameter is not encoded correctly
    static String canonicalQuery(String query) {
        var parameters = new ArrayList<Map.Entry<String, String>>();
        for (String pair : query.split("&", -1)) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                parameters.add(
                        Map.entry(
                                decoded(equals < 0 ? pair : pair.substring(0, equals)),
                                equals < 0 ? "" : decoded(pair.substring(equals + 1))));
            }
        }
        return CanonicalRequest.query(parameters, ISO_8859_1);
    }

    /// The bytes of a text that may be percent-encoded, each as one character.
    private static String decoded(String text) {
        var bytes = new ByteArrayOutputStream();
        var raw = text.getBytes(UTF_8);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.write(raw[i]);
                continue;
            }
            int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                throw HttpHead.malformed("its query has a % that begins no encoded byte");
            }
            bytes.write(high * 16 + low);
            i += 2;
        }
        return bytes.toString(ISO_8859_1);
    }
}
