package dev.keepsake.engine;

import static dev.keepsake.core.Checks.checkArgument;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// Which engine wrote data: its name and version, and the version of the RDB files that it writes.
/// Logs contain the stamp. It decides which other engines may read them.
///
/// Decision 23 (docs/decisions) says why logs name their engine.
///
/// @param name `redis` or `valkey`
/// @param version such as `8.0.1`
/// @param rdbVersion such as 11
public record EngineStamp(String name, String version, int rdbVersion) {
    public static final String REDIS = "redis";
    public static final String VALKEY = "valkey";

    /// Orders versions, older ones first.
    public static final Comparator<String> BY_VERSION = EngineStamp::compare;

    /*
     * As an entry of a log, big-endian:
     *
     *   0        1    2        2 + n  3 + n        3 + n + v
     *   | format | n  | name   | v    | version    | rdbVersion (4) |
     */
    private static final byte FORMAT = 1;
    private static final int TEXT_MAX_BYTES = 255;

    // Valkey split from Redis at 7.2.4, which writes RDB 11. Higher versions differ between the
    // two.
    private static final int SHARED_RDB_VERSION = 11;

    // The RDB version of Valkey since 9.0, which has its own magic.
    private static final int VALKEY_RDB_VERSION = 80;

    // Stages before a release, earlier ones first.
    private static final List<String> STAGES = List.of("dev", "alpha", "beta", "m", "rc");
    private static final Pattern STAGE =
            Pattern.compile("[\\d.]+-(?i)(dev|alpha|beta|m|rc)[.-]?(\\d{0,9})");

    public EngineStamp {
        checkArgument(
                name.equals(REDIS) || name.equals(VALKEY),
                "engine \"%s\"; expected redis or valkey",
                name);
        checkArgument(rdbVersion > 0, "RDB version %d", rdbVersion);
    }

    /// The stamp of the releases of a version, for an engine of which no file is known.
    public static EngineStamp ofRelease(String name, String version) {
        return new EngineStamp(name, version, rdbVersionOf(name, version));
    }

    /// Source: `RDB_VERSION` in `rdb.h` of Redis 7.0 to 8.0 and Valkey 7.2 to 9.0.
    private static int rdbVersionOf(String name, String version) {
        if (name.equals(VALKEY)) {
            return compareNumbers(version, "9") < 0 ? SHARED_RDB_VERSION : VALKEY_RDB_VERSION;
        }
        if (compareNumbers(version, "7.2") < 0) {
            return 10;
        }
        return compareNumbers(version, "7.4") < 0 ? SHARED_RDB_VERSION : 12;
    }

    /// Whether this engine can continue from what `writer` has written: its log and its snapshots.
    ///
    /// An engine continues from older ones of its own family. A Valkey also continues from Redis up
    /// to 7.2, from which it descends. All other combinations are refused: an engine skips commands
    /// of the stream that it does not know, without an error.
    public boolean continues(EngineStamp writer) {
        if (name.equals(writer.name)) {
            return compare(version, writer.version) >= 0;
        }
        return name.equals(VALKEY) && writer.rdbVersion <= SHARED_RDB_VERSION;
    }

    /// Whether this engine and another are releases of one version, which differ in their patches
    /// alone, if at all: 7.0.15 and 7.0.16.
    public boolean isPatchOfSameVersion(EngineStamp other) {
        return name.equals(other.name)
                && Arrays.equals(
                        Arrays.copyOf(numbers(version), 2),
                        Arrays.copyOf(numbers(other.version), 2));
    }

    /// Whether this engine loads RDB files of a format, whichever engine wrote them.
    ///
    /// @param family `redis` or `valkey`
    boolean loads(String family, int fileRdbVersion) {
        if (fileRdbVersion > rdbVersion) {
            return false;
        }
        if (name.equals(REDIS)) {
            return family.equals(REDIS);
        }
        return family.equals(REDIS)
                ? fileRdbVersion <= SHARED_RDB_VERSION
                : fileRdbVersion >= VALKEY_RDB_VERSION;
    }

    /// The RDB files that this engine loads, for messages.
    public String loadable() {
        if (name.equals(REDIS)) {
            return "Redis's RDB versions up to %d".formatted(rdbVersion);
        }
        return "Redis's RDB versions up to %d".formatted(Math.min(rdbVersion, SHARED_RDB_VERSION))
                + (rdbVersion < VALKEY_RDB_VERSION
                        ? ""
                        : " and Valkey's from %d to %d".formatted(VALKEY_RDB_VERSION, rdbVersion));
    }

    /// Whether the version is older than every Valkey, so that it can only be a Redis.
    public static boolean isBeforeValkey(String version) {
        return compareNumbers(version, "7.2.5") < 0;
    }

    /// Compares versions number by number. If the numbers are equal, a release candidate or another
    /// stage is older than the release. Redis numbers its candidates so that they are older by
    /// number: 7.9.240 is a candidate of 8.0. Other text after the numbers does not count.
    static int compare(String one, String other) {
        int order = compareNumbers(one, other);
        return order == 0 ? stage(one).compareTo(stage(other)) : order;
    }

    /// Compares versions number by number. Text after the numbers does not count.
    static int compareNumbers(String one, String other) {
        int[] mine = numbers(one);
        int[] its = numbers(other);
        for (int i = 0; i < Math.max(mine.length, its.length); i++) {
            int order = Integer.compare(i < mine.length ? mine[i] : 0, i < its.length ? its[i] : 0);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    /// The stage of a version before its release.
    ///
    /// @param rank higher for later stages
    /// @param number counts several stages of a kind
    private record Stage(int rank, int number) implements Comparable<Stage> {
        static final Stage RELEASED = new Stage(STAGES.size(), 0);

        @Override
        public int compareTo(Stage other) {
            return rank == other.rank
                    ? Integer.compare(number, other.number)
                    : Integer.compare(rank, other.rank);
        }
    }

    private static Stage stage(String version) {
        var found = STAGE.matcher(version);
        if (!found.matches()) {
            return Stage.RELEASED;
        }
        var number = found.group(2);
        return new Stage(
                STAGES.indexOf(found.group(1).toLowerCase(Locale.ROOT)),
                number.isEmpty() ? 0 : Integer.parseInt(number));
    }

    /// Whether a version is not a release: `9.0.0-rc1`.
    static boolean hasStage(String version) {
        return STAGE.matcher(version).matches();
    }

    /// The stamp as a file of this engine tells it: with the numbers, but without the stage.
    private EngineStamp withoutStage() {
        return hasStage(version)
                ? new EngineStamp(name, version.substring(0, version.indexOf('-')), rdbVersion)
                : this;
    }

    /// Whether this engine can continue from a file that may have been written by a release or by a
    /// candidate of it. The stamp in the log of the same data is checked separately.
    public boolean continuesFileOf(EngineStamp writer) {
        return withoutStage().continues(writer);
    }

    /// The numbers at the beginning of a version: 8, 0 and 1 of `8.0.1-rc2`.
    static int[] numbers(String version) {
        int end = 0;
        while (end < version.length()
                && (Character.digit(version.charAt(end), 10) >= 0 || version.charAt(end) == '.')) {
            end++;
        }
        return Arrays.stream(version.substring(0, end).split("\\.", -1))
                .filter(part -> !part.isEmpty() && part.length() < 10)
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    /// The stamp as the payload of an ENGINE entry.
    public ByteBuffer encode() {
        byte[] nameBytes = utf8(name);
        byte[] versionBytes = utf8(version);
        return ByteBuffer.allocate(3 + nameBytes.length + versionBytes.length + Integer.BYTES)
                .put(FORMAT)
                .put((byte) nameBytes.length)
                .put(nameBytes)
                .put((byte) versionBytes.length)
                .put(versionBytes)
                .putInt(rdbVersion)
                .flip();
    }

    private static byte[] utf8(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        checkArgument(bytes.length <= TEXT_MAX_BYTES, "\"%s\" has %d bytes", text, bytes.length);
        return bytes;
    }

    /// Reads the bytes that [#encode] wrote.
    ///
    /// @throws IllegalArgumentException when they have another format, or are damaged
    public static EngineStamp decode(ByteBuffer payload) {
        var bytes = payload.duplicate();
        try {
            byte format = bytes.get();
            checkArgument(
                    format == FORMAT,
                    "a stamp of format %d; this build reads format %d",
                    format,
                    FORMAT);
            return new EngineStamp(text(bytes), text(bytes), bytes.getInt());
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException(
                    "a stamp of %d bytes is cut off".formatted(payload.remaining()), e);
        }
    }

    private static String text(ByteBuffer bytes) {
        var text = new byte[bytes.get() & 0xff];
        bytes.get(text);
        return new String(text, UTF_8);
    }

    /// The engine as text, such as `valkey 8.0.1`.
    @Override
    public String toString() {
        return name + " " + version;
    }
}
