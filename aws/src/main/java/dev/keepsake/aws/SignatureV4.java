package dev.keepsake.aws;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Secret;
import java.nio.charset.Charset;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Computes AWS's signatures of version 4, which requests and login tokens share. Source: AWS's
/// description of the signing process. Stateless; any thread.
public final class SignatureV4 {
    /// The algorithm's name in requests.
    public static final String ALGORITHM = "AWS4-HMAC-SHA256";

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT);

    private SignatureV4() {}

    /// Parses an `X-Amz-Date`, such as `20210817T120000Z`. Empty when the text is not one.
    public static Optional<Instant> time(String text) {
        try {
            return Optional.of(LocalDateTime.parse(text, TIME).toInstant(ZoneOffset.UTC));
        } catch (DateTimeParseException _) {
            return Optional.empty();
        }
    }

    /// A time in the form of `X-Amz-Date`.
    public static String text(Instant time) {
        return TIME.format(time.atOffset(ZoneOffset.UTC));
    }

    /// The signature by a key, in lower-case hexadecimal.
    ///
    /// @param time the `X-Amz-Date`
    /// @param scope such as `20210817/us-east-1/memorydb/aws4_request`
    /// @param canonicalRequest the signed text
    public static String signatureHex(
            Secret key, String time, String scope, String canonicalRequest) {
        String text =
                String.join(
                        "\n", ALGORITHM, time, scope, sha256Hex(canonicalRequest.getBytes(UTF_8)));
        var derived = ("AWS4" + key.value()).getBytes(UTF_8);
        for (String part : scope.split("/", -1)) {
            derived = hmac(derived, part);
        }
        return HexFormat.of().formatHex(hmac(derived, text));
    }

    /// Whether a signature is the one that this key gives; see [#signatureHex].
    ///
    /// @param signatureHex the signature of a request, in lower-case hexadecimal
    public static boolean matches(
            Secret key, String time, String scope, String canonicalRequest, String signatureHex) {
        String expected = signatureHex(key, time, scope, canonicalRequest);
        return MessageDigest.isEqual(expected.getBytes(UTF_8), signatureHex.getBytes(UTF_8));
    }

    /// A text in the encoding of signed texts: everything but letters, digits and `-._~` as `%XY`.
    ///
    /// @param charset converts its characters to bytes
    public static String encoded(String text, Charset charset) {
        var out = new StringBuilder();
        for (byte b : text.getBytes(charset)) {
            boolean plain =
                    (b >= 'a' && b <= 'z')
                            || (b >= 'A' && b <= 'Z')
                            || (b >= '0' && b <= '9')
                            || "-._~".indexOf(b) >= 0;
            out.append(plain ? String.valueOf((char) b) : "%%%02X".formatted(b));
        }
        return out.toString();
    }

    /// The SHA-256 of the bytes, in lower-case hexadecimal.
    public static String sha256Hex(byte[] bytes) {
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
            return mac.doFinal(text.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }
}
