package dev.keepsake.control;

import java.util.random.RandomGenerator;

/// Draws random ids for things that may have the same name.
final class Ids {
    private Ids() {}

    /// 16 hexadecimal digits: the incarnation of a cluster or snapshot.
    static String hex16(RandomGenerator random) {
        return "%016x".formatted(random.nextLong());
    }

    /// 40 hexadecimal digits: the id of a node or shard, as clients see it.
    static String hex40(RandomGenerator random) {
        return "%016x%016x%08x".formatted(random.nextLong(), random.nextLong(), random.nextInt());
    }
}
