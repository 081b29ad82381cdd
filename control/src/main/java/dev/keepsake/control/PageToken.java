package dev.keepsake.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/// `NextToken`: where a page ended, in a form that tells a caller nothing and that fits no other
/// operation.
/*
 *   | seal, 12 bytes | key of the last item, mixed with a stream that follows from the seal |
 *
 * The seal is a digest of the operation and the key. There is no secret in it: whoever forges a
 * token sees what he may see anyway, and tokens have to outlive a restart. It only keeps callers
 * from building on what is inside, and tells a token that was damaged or belongs elsewhere.
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

    /// What [#of] was given.
    ///
    /// @throws ApiException when it is no token of that operation
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
            // answered below
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
