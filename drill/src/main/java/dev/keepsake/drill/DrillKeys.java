package dev.keepsake.drill;

import java.util.List;
import java.util.stream.IntStream;
import redis.clients.jedis.util.JedisClusterCRC16;

/// The keys of each writer, and their shards. The shard of a unique key follows from its hash.
/// Lists and counters have a hash tag, so that every writer has one of each on every shard.
final class DrillKeys {
    private static final String PADDING = "-keepsake".repeat(8);

    private final List<ShardSlots> shards;
    private final List<String> tags;

    DrillKeys(List<ShardSlots> shards) {
        this.shards = List.copyOf(shards);
        this.tags = shards.stream().map(DrillKeys::tagOn).toList();
    }

    private static String tagOn(ShardSlots shard) {
        return IntStream.range(0, Integer.MAX_VALUE)
                .mapToObj(Integer::toString)
                .filter(tag -> shard.owns(JedisClusterCRC16.getSlot(tag)))
                .findFirst()
                .orElseThrow();
    }

    int shards() {
        return shards.size();
    }

    String shardName(int shard) {
        return shards.get(shard).name();
    }

    String unique(int writer, int number) {
        return "drill:set:" + writer + ":" + number;
    }

    /// The value of a unique key, which no other key has.
    static String valueOf(String uniqueKey) {
        return uniqueKey + PADDING;
    }

    String list(int writer, int shard) {
        return "drill:list:" + writer + ":{" + tags.get(shard) + "}";
    }

    String counter(int writer, int shard) {
        return "drill:counter:" + writer + ":{" + tags.get(shard) + "}";
    }

    /// A key that is not read back.
    String filling(int shard) {
        return "drill:filling:{" + tags.get(shard) + "}";
    }

    /// The index of the shard that holds a key.
    int shardOf(String key) {
        int slot = JedisClusterCRC16.getSlot(key);
        for (int shard = 0; shard < shards.size(); shard++) {
            if (shards.get(shard).owns(slot)) {
                return shard;
            }
        }
        throw new IllegalStateException(
                "slot %d belongs to no shard of %s".formatted(slot, shards));
    }
}
