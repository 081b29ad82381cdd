package dev.keepsake.resp;

import dev.keepsake.core.Slots;
import io.netty.buffer.ByteBuf;

/// Computes the slot and the hash of a key in a buffer.
public final class KeySlot {
    private KeySlot() {}

    /// The slot of the key, or of its hash tag if it has one. Source: Redis Cluster specification.
    public static int of(ByteBuf in, int start, int length) {
        int from = start;
        int to = start + length;
        int open = in.indexOf(from, to, (byte) '{');
        if (open >= 0) {
            int close = in.indexOf(open + 1, to, (byte) '}');
            if (close > open + 1) {
                from = open + 1;
                to = close;
            }
        }
        int crc = 0;
        for (int i = from; i < to; i++) {
            crc = Slots.crc16(crc, in.getByte(i));
        }
        return crc % Slots.COUNT;
    }

    /// A 64-bit hash of the whole key (FNV-1a, mixed), never 0.
    public static long hash(ByteBuf in, int start, int length) {
        long hash = 0xcbf29ce484222325L;
        for (int i = start; i < start + length; i++) {
            hash = (hash ^ (in.getByte(i) & 0xff)) * 0x100000001b3L;
        }
        hash ^= hash >>> 32;
        hash *= 0x9e3779b97f4a7c15L;
        hash ^= hash >>> 29;
        return hash == 0 ? 1 : hash;
    }
}
