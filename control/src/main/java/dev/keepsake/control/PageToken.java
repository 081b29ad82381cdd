package dev.keepsake.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/// `NextToken`: the end of a page, in an opaque form that is valid for one operation only.
/*
 *   | seal, 12 bytes | key of the last item, mixed with a stream that follows from the seal |
 *
 * The seal is a digest of the operation and the key. It contains no secret: a caller who forges a
 * token sees nothing that he may not see anyway, and tokens have to outlive a restart. The seal
 * only keeps callers from relying on the content, and detects a token that is damaged or belongs
 * to another operation.
 */
final class PageToken {
    private static final int SEAL_BYTES = 12;

    private PageToken() {}

    static String of(String operation, String key) {
        var text = key.getBytes(UTF_8);
        var seal = seal(operation, text);
        var token = Arrays.copyOf(seal, SEAL_BYTES + text.length);
        System.arraycopy(mixed(seal, text), 0, token, SEAL_BYTES, text.length);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
    }

    /// The key that was passed to [#of].
    ///
    /// @throws ApiException when the text is not a token of that operation
    static String open(String operation, String token) {
        try {
            var bytes = Base64.getUrlDecoder().decode(token);
            if (bytes.length > SEAL_BYTES) {
                var seal = Arrays.copyOf(bytes, SEAL_BYTES);
                var text = mixed(seal, Arrays.copyOfRange(bytes, SEAL_BYTES, bytes.length));
                if (Arrays.equals(seal, seal(operation, text))) {
                    return new String(text, UTF_8);
                }
            }
        } catch (IllegalArgumentException e) {
            // handled below
        }
        throw Fault.INVALID_PARAMETER_VALUE.because(
                "The NextToken is none that %s of this server has given.", operation);
    }

    private static byte[] seal(String operation, byte[] text) {
        var digest = sha256();
        digest.update(operation.getBytes(UTF_8));
        digest.update((byte) '\n');
        return Arrays.copyOf(digest.digest(text), SEAL_BYTES);
    }

    private static byte[] mixed(byte[] seal, byte[] text) {
        var mixed = text.clone();
        var digest = sha256();
        byte[] stream = seal;
        for (int i = 0; i < mixed.length; i++) {
            int at = i % digest.getDigestLength();
            if (at == 0) {
                stream = digest.digest(stream);
            }
            mixed[i] ^= stream[at];
        }
        return mixed;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
