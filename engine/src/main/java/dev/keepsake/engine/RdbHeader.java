package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The facts in the first bytes of an RDB file.
///
/// @param family the family of the format, by its magic: `redis` or `valkey`. Valkey wrote Redis's
///   format until 9.0
/// @param rdbVersion the version of the format
/// @param writer `redis` or `valkey`, the engine that wrote the file according to the file; null
///   when it names none
/// @param writerVersion the engine's version, as `8.0.1`; null when there is no writer
public record RdbHeader(
        String family, int rdbVersion, @Nullable String writer, @Nullable String writerVersion) {
    /*
     * Redis's "REDIS" and four digits, or Valkey's "VALKEY" and three. Then records, of which those
     * of auxiliary fields come first: 0xFA, name, value, each a string. A string is a length and
     * its bytes, or a number. (Source: `rdbSaveInfoAuxFields` and `rdbLoadLenByRef` in `rdb.c`.)
     */
    private static final String REDIS_MAGIC = "REDIS";
    private static final String VALKEY_MAGIC = "VALKEY";
    private static final int MAGIC_BYTES = 9;
    private static final int AUX = 0xFA;

    // Engines write the field of the writer first, so this is more than enough.
    private static final int LOOKED_AT_BYTES = 512;

    // The file may come from anyone, and this text appears in messages.
    private static final Pattern VERSION = Pattern.compile("\\d[\\w.+~-]{0,39}");

    /// Reads the header; empty when the file is not an RDB file.
    public static Optional<RdbHeader> of(Path file) throws IOException {
        try (var channel = FileChannel.open(file)) {
            return read(channel);
        }
    }

    /// Reads the header at the channel's position. The position moves on by some more bytes.
    public static Optional<RdbHeader> read(ReadableByteChannel file) throws IOException {
        var bytes = ByteBuffer.allocate(LOOKED_AT_BYTES);
        while (bytes.hasRemaining() && file.read(bytes) >= 0) {
            // reads as much as there is
        }
        return parse(bytes.flip());
    }

    /// Reads the header from the first bytes of a file.
    static Optional<RdbHeader> parse(ByteBuffer bytes) {
        if (bytes.remaining() < MAGIC_BYTES) {
            return Optional.empty();
        }
        var first = new byte[MAGIC_BYTES];
        bytes.get(first);
        var magic = new String(first, US_ASCII);
        String family;
        String digits;
        if (magic.startsWith(REDIS_MAGIC)) {
            family = EngineStamp.REDIS;
            digits = magic.substring(REDIS_MAGIC.length());
        } else if (magic.startsWith(VALKEY_MAGIC)) {
            family = EngineStamp.VALKEY;
            digits = magic.substring(VALKEY_MAGIC.length());
        } else {
            return Optional.empty();
        }
        if (!digits.matches("\\d+")) {
            return Optional.empty();
        }
        return Optional.of(withWriter(family, Integer.parseInt(digits), bytes));
    }

    private static RdbHeader withWriter(String family, int rdbVersion, ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining() && (bytes.get() & 0xff) == AUX) {
                var name = string(bytes);
                var value = string(bytes);
                boolean valkey = name.equals("valkey-ver");
                if ((valkey || name.equals("redis-ver")) && VERSION.matcher(value).matches()) {
                    String writer = valkey ? EngineStamp.VALKEY : EngineStamp.REDIS;
                    return new RdbHeader(family, rdbVersion, writer, value);
                }
            }
        } catch (BufferUnderflowException _) {
            // The bytes do not name the writer.
        }
        return new RdbHeader(family, rdbVersion, null, null);
    }

    /// A short string, or a number that is stored as one.
    private static String string(ByteBuffer bytes) {
        int first = bytes.get() & 0xff;
        int low = first & 0x3f;
        return switch (first >> 6) {
            case 0 -> text(bytes, low);
            case 1 -> text(bytes, (low << 8) | (bytes.get() & 0xff));
            case 3 ->
                    switch (low) {
                        case 0 -> Integer.toString(bytes.get());
                        case 1 -> Short.toString(Short.reverseBytes(bytes.getShort()));
                        case 2 -> Integer.toString(Integer.reverseBytes(bytes.getInt()));
                        default ->
                                throw new BufferUnderflowException(); // compressed: never before it
                    };
            default -> throw new BufferUnderflowException(); // longer than these bytes
        };
    }

    private static String text(ByteBuffer bytes, int length) {
        if (length > bytes.remaining()) {
            throw new BufferUnderflowException();
        }
        var text = new byte[length];
        bytes.get(text);
        return new String(text, UTF_8);
    }

    /// Whether an engine loads the file, whichever engine wrote it.
    public boolean isLoadedBy(EngineStamp engine) {
        return engine.loads(family, rdbVersion);
    }

    /// The engine that wrote the file, if the file names it.
    public Optional<EngineStamp> stamp() {
        return writer == null || writerVersion == null
                ? Optional.empty()
                : Optional.of(new EngineStamp(writer, writerVersion, rdbVersion));
    }

    /// The writer, if the file names it, and the format, for messages.
    public String describe() {
        var format =
                "%s's RDB version %d"
                        .formatted(
                                family.equals(EngineStamp.VALKEY) ? "Valkey" : "Redis", rdbVersion);
        return writer == null ? format : "%s %s, %s".formatted(writer, writerVersion, format);
    }
}
