package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import dev.keepsake.core.Secret;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// Verifies signatures of version 4, as AWS's clients send them in the Authorization header.
/// Source: AWS's description of the signing process. Stateless; any thread.
final class Signatures {
    private static final Duration SKEW_MAX = Duration.ofMinutes(15);
    private static final String ALGORITHM = "AWS4-HMAC-SHA256";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT);
    private static final Pattern AUTHORIZATION =
            Pattern.compile(
                    ALGORITHM
                            + "\\s+Credential=([^/,\\s]+)/(\\d{8})/([a-z0-9-]{1,63})/([a-z0-9-]+)"
                            + "/aws4_request,\\s*SignedHeaders=([a-z0-9;-]+),\\s*"
                            + "Signature=([0-9a-f]{64})\\s*");

    private final Map<String, Secret> credentials;

    Signatures(Map<String, Secret> credentials) {
        this.credentials = credentials;
    }

    /// One request, as far as it is signed.
    ///
    /// @param header the value of a header by its name in lower case, or null
    record Signed(Function<String, @Nullable String> header, String bodySha256Hex) {}

    /// Expects that the request is signed with one of the credentials, now.
    ///
    /// @throws ApiException as the service answers it
    void verify(Signed request, Instant now) {
        String authorization = request.header().apply("authorization");
        if (authorization == null) {
            throw Fault.MISSING_AUTHENTICATION_TOKEN.because("Missing Authentication Token");
        }
        var parts = AUTHORIZATION.matcher(authorization);
        if (!parts.matches()) {
            throw Fault.INCOMPLETE_SIGNATURE.because(
                    "The Authorization header has to be %s with Credential, SignedHeaders and"
                            + " Signature.",
                    ALGORITHM);
        }
        var secret = credentials.get(parts.group(1));
        if (secret == null) {
            throw Fault.UNRECOGNIZED_CLIENT.because(
                    "The security token included in the request is invalid.");
        }
        String sent = request.header().apply("x-amz-date");
        String time = sent == null ? "" : sent;
        expectNow(time, now);
        String date = parts.group(2);
        String scope = "%s/%s/%s/aws4_request".formatted(date, parts.group(3), parts.group(4));
        if (!parts.group(4).equals("memorydb") || !time.startsWith(date)) {
            throw Fault.INVALID_SIGNATURE.because(
                    "Credential should be scoped to the service memorydb and the date of X-Amz-Date,"
                            + " not to %s.",
                    scope);
        }
        var headers = List.of(parts.group(5).split(";", -1));
        if (!headers.contains("host")) {
            throw Fault.INVALID_SIGNATURE.because("The header host has to be signed.");
        }
        String text =
                String.join(
                        "\n",
                        ALGORITHM,
                        time,
                        scope,
                        sha256Hex(bytes(canonical(request, headers))));
        var key = bytes("AWS4" + secret.value());
        for (String part : scope.split("/", -1)) {
            key = hmac(key, part);
        }
        var expected = HexFormat.of().formatHex(hmac(key, text));
        if (!MessageDigest.isEqual(bytes(expected), bytes(parts.group(6)))) {
            throw Fault.INVALID_SIGNATURE.because(
                    "The request signature we calculated does not match the signature you provided."
                            + " Check your secret access key and signing method.");
        }
    }

    private static void expectNow(String time, Instant now) {
        Instant signed;
        try {
            signed = LocalDateTime.parse(time, TIME).toInstant(ZoneOffset.UTC);
        } catch (DateTimeParseException e) {
            throw Fault.INCOMPLETE_SIGNATURE.because(
                    "X-Amz-Date is missing or not of the form 20210817T120000Z.");
        }
        if (signed.isBefore(now.minus(SKEW_MAX))) {
            throw Fault.INVALID_SIGNATURE.because(
                    "Signature expired: %s is now earlier than %s (15 min. before now).",
                    time, now.minus(SKEW_MAX));
        }
        if (signed.isAfter(now.plus(SKEW_MAX))) {
            throw Fault.INVALID_SIGNATURE.because(
                    "Signature not yet current: %s is still later than %s (15 min. after now).",
                    time, now.plus(SKEW_MAX));
        }
    }

    private static String canonical(Signed request, List<String> headers) {
        var lines = new StringBuilder();
        lines.append("POST\n/\n\n"); // every call is one to the root, without a query
        for (String name : headers) {
            String value = request.header().apply(name);
            lines.append(name)
                    .append(':')
                    .append(value == null ? "" : value.strip().replaceAll(" +", " "))
                    .append('\n');
        }
        lines.append('\n').append(String.join(";", headers)).append('\n');
        return lines.append(request.bodySha256Hex()).toString();
    }

    /// The digest of a body.
    static String sha256Hex(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
