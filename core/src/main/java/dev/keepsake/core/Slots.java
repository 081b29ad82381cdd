package dev.keepsake.core;

/// The slots of a cluster, and the CRC16 that assigns a key to its slot. Source: Redis Cluster
/// specification.
public final class Slots {
    /// How many slots every cluster has.
    public static final int COUNT = 16_384;

    private static final int[] CRC16 = table();

    private Slots() {}

    /// Continues a CRC16 (XMODEM: polynomial 0x1021, from 0) with one byte.
    public static int crc16(int crc, byte next) {
        return ((crc << 8) & 0xffff) ^ CRC16[((crc >>> 8) ^ next) & 0xff];
    }

    private static int[] table() {
        var table = new int[256];
        for (int i = 0; i < 256; i++) {
            int crc = i << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            }
            table[i] = crc & 0xffff;
        }
        return table;
    }
}
