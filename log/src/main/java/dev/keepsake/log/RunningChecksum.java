package dev.keepsake.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// The checksum of all DATA entries of a log from its beginning, in order. It folds each entry's
/// CRC32C and length into 64 bits. So it can continue from a stored value, and costs only what the
/// CPU's own CRC32C costs.
///
/// A primary computes it over the bytes that it appends, a reader over the bytes that it reads.
/// CHECKSUM entries let a reader compare the two. Not thread-safe.
public final class RunningChecksum {
    private final CRC32C crc = new CRC32C();
    private long value;

    /// Continues from `value`; 0 is the checksum of an empty log.
    public RunningChecksum(long value) {
        this.value = value;
    }

    /// Adds the payload of the next DATA entry. The payload's position does not change.
    public void add(ByteBuffer payload) {
        crc.reset();
        crc.update(payload.duplicate());
        add(crc.getValue(), payload.remaining());
    }

    /// Adds the next DATA entry, whose CRC32C is known already.
    public void add(long crc32c, int payloadBytes) {
        value = mixed(value * 31 + (crc32c << 32 | payloadBytes));
    }

    public long value() {
        return value;
    }

    // The finalizer of MurmurHash3: every bit of the input affects every bit of the output.
    private static long mixed(long bits) {
        long x = bits;
        x = (x ^ (x >>> 33)) * 0xff51afd7ed558ccdL;
        x = (x ^ (x >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return x ^ (x >>> 33);
    }
}
