package dev.keepsake.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// The checksum of all DATA entries from the beginning of a log, in order. Each entry's CRC32C and
/// length are folded into 64 bits, so that it can be carried on from a stored value and costs what
/// the CPU's own CRC32C costs.
///
/// A primary computes it over what it appends, everyone else over what the log gives back; CHECKSUM
/// entries let them compare. Not thread-safe.
public final class RunningChecksum {
    private final CRC32C crc = new CRC32C();
    private long value;

    /// Carries on from `value`; 0 stands for an empty log.
    public RunningChecksum(long value) {
        this.value = value;
    }

    /// Adds the payload of the next DATA entry, whose position does not move.
    public void add(ByteBuffer payload) {
        crc.reset();
        crc.update(payload.duplicate());
        add(crc.getValue(), payload.remaining());
    }

    /// The same, when the payload's CRC32C is known already.
    public void add(long crc32c, int payloadBytes) {
        value = mixed(value * 31 + (crc32c << 32 | payloadBytes));
    }

    public long value() {
        return value;
    }

    // The finalizer of MurmurHash3: every bit of the input moves every bit of the output.
    private static long mixed(long bits) {
        long x = bits;
        x = (x ^ (x >>> 33)) * 0xff51afd7ed558ccdL;
        x = (x ^ (x >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return x ^ (x >>> 33);
    }
}
