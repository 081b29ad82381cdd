package dev.keepsake.api;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import dev.keepsake.core.Secret;
import dev.keepsake.core.SignatureV4;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Verifies signatures of version 4, as AWS's clients send them in the Authorization header.
/// Source: AWS's description of the signing process. Stateless; any thread.
final class Signatures {
    private static final Duration SKEW_MAX = Duration.ofMinutes(15);

    /// As in X-Amz-Date. Clients read it out of the messages about it, to set their clocks by it.
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private static final Pattern AUTHORIZATION =
            Pattern.compile(
                    SignatureV4.ALGORITHM
                            + "\\s+Credential=([^/,\\s]+)/(\\d{8})/([a-z0-9-]{1,63})/([a-z0-9-]+)"
                            + "/aws4_request,\\s*SignedHeaders=([a-z0-9;-]+),\\s*"
                            + "Signature=([0-9a-f]{64})\\s*");

    private final Map<String, Secret> credentials;

    Signatures(Map<String, Secret> credentials) {
        this.credentials = credentials;
    }

    /// One request, as far as it is signed.
    ///
    /// @param path where it is sent to; there is no query
    /// @param header the value of a header by its name in lower case, or null
    /// @param headerNames the names of all its headers, in lower case
    record Signed(
            String path,
            Function<String, @Nullable String> header,
            Set<String> headerNames,
            String bodySha256Hex) {}

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
                    SignatureV4.ALGORITHM);
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
        expectSigned(request, headers);
        if (!SignatureV4.matches(
                secret, time, scope, canonical(request, headers), parts.group(6))) {
            throw Fault.INVALID_SIGNATURE.because(
                    "The request signature we calculated does not match the signature you provided."
                            + " Check your secret access key and signing method.");
        }
    }

    /// What says which call it is has to be signed: else whoever sees one call could make another
    /// of it.
    private static void expectSigned(Signed request, List<String> signed) {
        if (!signed.contains("host")) {
            throw Fault.INVALID_SIGNATURE.because("The header host has to be signed.");
        }
        for (String name : request.headerNames()) {
            if (name.startsWith("x-amz-") && !signed.contains(name)) {
                throw Fault.INVALID_SIGNATURE.because("The header %s has to be signed.", name);
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

    private static String canonical(Signed request, List<String> headers) {
        var lines = new StringBuilder();
        lines.append("POST\n").append(request.path()).append("\n\n");
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
}
