package dev.keepsake.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.util.random.RandomGenerator;

/// The commands of every client of a measurement, over keys that are chosen at random out of
/// [#KEYS].
///
/// @param valueBytes the length of the values that are set
/// @param readPercent how many percent of the mix are GETs
record Workload(Kind kind, int valueBytes, int readPercent) {
    static final int KEYS = 10_000;

    enum Kind {
        SET,
        GET,
        INCR,
        LPUSH,
        MIX
    }

    static Workload of(Kind kind, int valueBytes) {
        return new Workload(kind, valueBytes, 90);
    }

    /// Adds the next command.
    ///
    /// @return whether the command is a write
    boolean addCommand(ByteBuf out, RandomGenerator random, byte[] value) {
        var key = "key:" + random.nextInt(KEYS);
        switch (kind) {
            case SET -> set(out, key, value);
            case GET -> {
                RespWriter.command(out, "GET", key);
                return false;
            }
            case INCR -> RespWriter.command(out, "INCR", "counter:" + random.nextInt(KEYS));
            case LPUSH -> push(out, value);
            case MIX -> {
                if (random.nextInt(100) < readPercent) {
                    RespWriter.command(out, "GET", key);
                    return false;
                }
                set(out, key, value);
            }
        }
        return true;
    }

    private static void set(ByteBuf out, String key, byte[] value) {
        RespWriter.command(out, "SET".getBytes(UTF_8), key.getBytes(UTF_8), value);
    }

    private static void push(ByteBuf out, byte[] value) {
        RespWriter.command(out, "LPUSH".getBytes(UTF_8), "list".getBytes(UTF_8), value);
    }

    String title() {
        var name =
                kind == Kind.MIX
                        ? "%d/%d mix".formatted(readPercent, 100 - readPercent)
                        : kind.name();
        return valueBytes < 1024
                ? "%s %d B".formatted(name, valueBytes)
                : "%s %d KiB".formatted(name, valueBytes / 1024);
    }
}
