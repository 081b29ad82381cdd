package dev.keepsake.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// SHA-256 of bytes and files.
final class Sha256 {
    private static final int READ_BYTES = 1 << 16;

    private Sha256() {}

    static byte[] of(byte[] bytes) {
        return digest().digest(bytes);
    }

    static String hexOf(byte[] bytes) {
        return HexFormat.of().formatHex(of(bytes));
    }

    /// The SHA-256 of a file of any size, in hexadecimal digits.
    static String hexOf(Path file) throws IOException {
        var digest = digest();
        try (var in = Files.newInputStream(file)) {
            var some = new byte[READ_BYTES];
            for (int read = in.read(some); read >= 0; read = in.read(some)) {
                digest.update(some, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
