package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A writer fills a store in memory, the store is damaged, and reading back has to notice.
class ReadBackTest {
    private static final int WRITES = 9_000; // More than one chunk of keys and of elements.

    private final DrillKeys keys =
            new DrillKeys(
                    List.of(
                            ShardSlots.parse("0001", "0-8191"),
                            ShardSlots.parse("0002", "8192-16383")));
    private final MemoryStore store = new MemoryStore(WRITES);
    private final DrillWriter writer = new DrillWriter(0, WRITES, keys, store, new AckHistory(0));

    @Test
    void anUndamagedStoreIsIntactOnEveryShard() throws Exception {
        write();
        var verdicts = check();
        assertThat(verdicts).allMatch(Verdict::isIntact);
        assertThat(verdicts).allMatch(verdict -> verdict.acknowledged() > WRITES / 3);
        assertThat(total().acknowledged()).isEqualTo(WRITES);
    }

    @Test
    void aKeyThatIsGoneIsLostOnItsShard() throws Exception {
        write();
        var key = keys.unique(0, 77);
        store.values.remove(key);
        assertThat(check().get(keys.shardOf(key)).lost()).isEqualTo(1);
        assertThat(total().lost()).isEqualTo(1);
    }

    @Test
    void aKeyWithAnotherValueIsLost() throws Exception {
        write();
        store.values.put(keys.unique(0, 5), DrillKeys.valueOf(keys.unique(0, 6)));
        assertThat(total().lost()).isEqualTo(1);
    }

    @Test
    void theEndOfAListThatIsGoneIsLostOnItsShard() throws Exception {
        write();
        store.list(keys.list(0, 1)).removeLast();
        assertThat(check().get(0).isIntact()).isTrue();
        assertThat(check().get(1).lost()).isEqualTo(1);
    }

    @Test
    void aListElementThatIsThereTwiceIsDuplicated() throws Exception {
        write();
        store.list(keys.list(0, 0)).add("3");
        assertThat(total()).isEqualTo(new Verdict(WRITES, 0, 1, 0, 0));
    }

    @Test
    void listElementsThatChangedPlacesAreReordered() throws Exception {
        write();
        Collections.swap(store.list(keys.list(0, 0)), 3, 4);
        assertThat(total()).isEqualTo(new Verdict(WRITES, 0, 0, 1, 0));
    }

    @Test
    void aCounterThatWentBackIsLost() throws Exception {
        write();
        store.values.put(keys.counter(0, 0), "1");
        assertThat(total().lost()).isGreaterThan(WRITES / 10);
        store.values.remove(keys.counter(0, 1));
        assertThat(check().get(1).lost()).isGreaterThan(WRITES / 10);
    }

    @Test
    void aCounterThatCountedTwiceIsDuplicated() throws Exception {
        write();
        store.values.merge(
                keys.counter(0, 1), "1", (value, _) -> Long.toString(Long.parseLong(value) + 1));
        assertThat(check().get(1).duplicated()).isEqualTo(1);
    }

    @Test
    void writesOfUnknownOutcomeAreNoDamageWhetherAppliedOrNot() throws Exception {
        store.failEvery(1_000, FailureKind.CONNECTION_LOST, false);
        write();
        assertThat(total()).isEqualTo(new Verdict(WRITES - 9, 0, 0, 0, 0));
        assertThat(writer.ledger().failures()).containsEntry(FailureKind.CONNECTION_LOST, 9L);
    }

    @Test
    void appliedWritesOfUnknownOutcomeAreNoDamage() throws Exception {
        store.failEvery(1_000, FailureKind.TIMEOUT, true);
        write();
        assertThat(total()).isEqualTo(new Verdict(WRITES - 9, 0, 0, 0, 0));
    }

    @Test
    void refusedWritesThatAreThereAllTheSameAreNoticed() throws Exception {
        store.failEvery(1_001, FailureKind.LOADING, true);
        write();
        assertThat(total().isIntact()).isFalse();
        assertThat(total().lost()).isZero();
    }

    private void write() {
        store.atLimit(writer::stop);
        writer.run();
    }

    private List<Verdict> check() throws Exception {
        return new ReadBack(store, keys).check(List.of(writer.ledger()));
    }

    private Verdict total() throws Exception {
        return check().stream().reduce(Verdict.EMPTY, Verdict::plus);
    }
}
