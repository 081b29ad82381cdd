package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// An RDB file as some Redis may have written it, with short strings in it.
final class RdbFile {
    private static final int AUX = 0xfa;
    private static final int SELECT_DATABASE = 0xfe;
    private static final int STRING = 0;
    private static final int UNKNOWN = 99; // a type that no engine has
    private static final int END = 0xff;
    private static final int CHECKSUM_BYTES = 8; // all of them 0: it has none

    private RdbFile() {}

    static Path write(Path file, int keys) throws IOException {
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes("REDIS0009".getBytes(UTF_8));
        bytes.write(SELECT_DATABASE);
        bytes.write(0);
        for (int i = 0; i < keys; i++) {
            bytes.write(STRING);
            put(bytes, key(i));
            put(bytes, value(i));
        }
        bytes.write(END);
        bytes.writeBytes(new byte[CHECKSUM_BYTES]);
        return Files.write(file, bytes.toByteArray());
    }

    /// A file that says who wrote it, with a value of a type that nobody can load.
    ///
    /// @param writer `redis-ver` or `valkey-ver`
    static Path writeUnloadable(Path file, String writer, String version) throws IOException {
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes("REDIS0009".getBytes(UTF_8));
        bytes.write(AUX);
        put(bytes, writer);
        put(bytes, version);
        bytes.write(SELECT_DATABASE);
        bytes.write(0);
        bytes.write(UNKNOWN);
        put(bytes, key(0));
        put(bytes, value(0));
        bytes.write(END);
        bytes.writeBytes(new byte[CHECKSUM_BYTES]);
        return Files.write(file, bytes.toByteArray());
    }

    static String key(int i) {
        return "key-" + i;
    }

    static String value(int i) {
        return "value-" + i;
    }

    /// Lengths below 64 are one byte.
    private static void put(ByteArrayOutputStream bytes, String text) {
        bytes.write(text.length());
        bytes.writeBytes(text.getBytes(UTF_8));
    }
}
