package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class DrillWriterTest {
    private static final int WRITES = 60;

    private final DrillKeys keys =
            new DrillKeys(
                    List.of(
                            ShardSlots.parse("0001", "0-5460"),
                            ShardSlots.parse("0002", "5461-10922"),
                            ShardSlots.parse("0003", "10923-16383")));
    private final MemoryStore store = new MemoryStore(WRITES);

    @Test
    void everyShardGetsItsListAndItsCounter() {
        var writer = write(WRITES);
        for (int shard = 0; shard < 3; shard++) {
            assertThat(store.list(keys.list(0, shard))).isNotEmpty();
            assertThat(store.values).containsKey(keys.counter(0, shard));
            assertThat(writer.meters().get(shard).count()).isPositive();
        }
        assertThat(writer.meters().stream().mapToLong(AckMeter::count).sum()).isEqualTo(WRITES);
    }

    @Test
    void keysAreBoundedAndListsGoOn() {
        var writer = write(5);
        assertThat(writer.ledger().sets().sent()).isEqualTo(5);
        assertThat(writer.ledger().lists().getFirst().sent()).isGreaterThan(5);
    }

    private DrillWriter write(int mostKeys) {
        var writer = new DrillWriter(0, mostKeys, keys, store, new AckHistory(0));
        store.atLimit(writer::stop);
        writer.run();
        return writer;
    }
}
