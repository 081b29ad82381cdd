package dev.keepsake.resp;

import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Reads a payload of FUNCTION DUMP and FUNCTION RESTORE: libraries of functions, in the form of an
/// RDB file. Used by one thread, once.
///
/// Source: Redis 7.0 `rdb.c` and `functions.c`.
final class LibraryPayload {
    /*
     *   | 245 | string | 245 | string | ... | version | crc64 |
     *                                          2         8      bytes
     *
     * A string is a length and so many bytes, or compressed: 0xc3, two lengths, LZF.
     */
    private static final int LIBRARY = 245;
    private static final int OLD_LIBRARY = 246;
    private static final int FOOTER_BYTES = 10;
    private static final int COMPRESSED = 0xc3;
    private static final int LITERALS = 32;
    private static final int LONG_MATCH = 7;

    /// The content cannot be determined.
    private static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1;

        Unreadable(String message) {
            super(message);
        }
    }

    private final byte[] payload;
    private final Function<byte[], @Nullable String> check;
    private final int end;
    private int at;
    private long total;

    private LibraryPayload(byte[] payload, Function<byte[], @Nullable String> check) {
        this.payload = payload;
        this.check = check;
        this.end = payload.length - FOOTER_BYTES;
    }

    /// The refusal of a payload.
    ///
    /// @param check the refusal of one library; null when it is harmless
    /// @return an error in the form of Redis; null when each library is harmless, or when the
    ///   engine itself refuses the payload
    static @Nullable String refusal(byte[] payload, Function<byte[], @Nullable String> check) {
        try {
            return new LibraryPayload(payload, check).read();
        } catch (Unreadable e) {
            return "ERR payload refused because of %s; expected what FUNCTION DUMP gives"
                    .formatted(e.getMessage());
        }
    }

    private @Nullable String read() throws Unreadable {
        while (at < end) {
            int type = payload[at++] & 0xff;
            if (type == OLD_LIBRARY) {
                throw new Unreadable("a library in the format of a release candidate of Redis 7.0");
            }
            if (type != LIBRARY) {
                return null; // the engine refuses the payload
            }
            String refusal = check.apply(string());
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    private byte[] string() throws Unreadable {
        if (at < end && (payload[at] & 0xff) == COMPRESSED) {
            at++;
            int compressed = length();
            int length = length();
            count(length);
            int from = at;
            skip(compressed);
            return decompress(from, at, length);
        }
        int length = length();
        count(length);
        int from = at;
        skip(length);
        return Arrays.copyOfRange(payload, from, at);
    }

    private void count(int bytes) throws Unreadable {
        if (bytes > ScriptCheck.MAX_SCRIPT_BYTES) {
            throw new Unreadable(
                    "a library of %d bytes, where %d are the most"
                            .formatted(bytes, ScriptCheck.MAX_SCRIPT_BYTES));
        }
        total += bytes;
        if (total > ScriptCheck.MAX_PAYLOAD_BYTES) {
            throw new Unreadable(
                    "libraries of more than %d bytes together"
                            .formatted(ScriptCheck.MAX_PAYLOAD_BYTES));
        }
    }

    private void skip(int bytes) throws Unreadable {
        if (bytes > end - at) {
            throw new Unreadable("a library that is cut off");
        }
        at += bytes;
    }

    private int length() throws Unreadable {
        int first = number(1);
        long length =
                switch (first >> 6) {
                    case 0 -> first;
                    case 1 -> ((first & 0x3f) << 8) | number(1);
                    case 2 ->
                            switch (first) {
                                case 0x80 -> number(4) & 0xffff_ffffL;
                                case 0x81 -> number(4) != 0 ? -1 : number(4) & 0xffff_ffffL;
                                default -> -1;
                            };
                    default -> -1; // a number, which is not a library
                };
        if (length < 0 || length > Integer.MAX_VALUE) {
            throw new Unreadable("a length that no library has");
        }
        return (int) length;
    }

    private int number(int bytes) throws Unreadable {
        int from = at;
        skip(bytes);
        int value = 0;
        for (int i = from; i < at; i++) {
            value = (value << 8) | (payload[i] & 0xff);
        }
        return value;
    }

    /// Decompresses LZF: runs of literal bytes, and references to bytes that have been written
    /// before.
    private byte[] decompress(int from, int to, int length) throws Unreadable {
        var out = new byte[length];
        int written = 0;
        int read = from;
        while (read < to) {
            int control = payload[read++] & 0xff;
            if (control < LITERALS) {
                int count = control + 1;
                require(read + count <= to && written + count <= length);
                System.arraycopy(payload, read, out, written, count);
                read += count;
                written += count;
                continue;
            }
            int count = control >> 5;
            if (count == LONG_MATCH) {
                require(read < to);
                count += payload[read++] & 0xff;
            }
            count += 2;
            require(read < to);
            int source = written - ((control & 0x1f) << 8) - (payload[read++] & 0xff) - 1;
            require(source >= 0 && written + count <= length);
            for (int i = 0; i < count; i++) {
                out[written++] = out[source++];
            }
        }
        require(written == length);
        return out;
    }

    private static void require(boolean sound) throws Unreadable {
        if (!sound) {
            throw new Unreadable("a library that cannot be decompressed");
        }
    }
}
