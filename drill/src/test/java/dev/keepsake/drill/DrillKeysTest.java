package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class DrillKeysTest {
    private final DrillKeys keys =
            new DrillKeys(
                    List.of(
                            ShardSlots.parse("0001", "0-99,8192-16383"),
                            ShardSlots.parse("0002", "100-8191")));

    @Test
    void listsAndCountersLiveOnTheShardTheyAreMadeFor() {
        for (int shard = 0; shard < keys.shards(); shard++) {
            assertThat(keys.shardOf(keys.list(3, shard))).isEqualTo(shard);
            assertThat(keys.shardOf(keys.counter(3, shard))).isEqualTo(shard);
        }
    }

    @Test
    void uniqueKeysFallOnEveryShard() {
        var shards = new boolean[2];
        for (int number = 0; number < 50; number++) {
            shards[keys.shardOf(keys.unique(0, number))] = true;
        }
        assertThat(shards).containsOnly(true);
    }

    @Test
    void aSlotThatNobodyServesIsNoted() {
        var holed = new DrillKeys(List.of(ShardSlots.parse("0001", "0-8191")));
        assertThatThrownBy(() -> holed.shardOf("foo")) // Slot 12182.
                .hasMessageContaining("12182");
    }
}
