package dev.keepsake.shard;

import java.util.stream.LongStream;

/// The seeds of a random test: `-Dseed=N` for one of them, `-Dseeds=COUNT` for more or fewer.
final class Seeds {
    private Seeds() {}

    static LongStream of(int count) {
        Long only = Long.getLong("seed");
        return only == null
                ? LongStream.rangeClosed(1, Integer.getInteger("seeds", count))
                : LongStream.of(only);
    }

    /// Whether one seed alone is run.
    static boolean isReplay() {
        return Long.getLong("seed") != null;
    }

    /// The command that repeats one seed of a test.
    static String replay(Class<?> test, long seed) {
        return "mvn test -pl shard -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest=%s -Dseed=%d"
                .formatted(test.getSimpleName(), seed);
    }
}
