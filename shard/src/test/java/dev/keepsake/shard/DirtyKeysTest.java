package dev.keepsake.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DirtyKeysTest {
    private static final int SLOTS = 1024; // what a table begins with

    private final DirtyKeys keys = new DirtyKeys();

    static LongStream seeds() {
        return Seeds.of(200);
    }

    @Test
    void aKeyIsDirtyUntilEveryWriteToItIsDurable() {
        keys.mark(7);
        keys.mark(7);
        keys.release(7);
        assertThat(keys.contains(7)).isTrue();
        assertThat(keys.contains(8)).isFalse();

        keys.release(7);

        assertThat(keys.contains(7)).isFalse();
        assertThat(keys.isEmpty()).isTrue();
    }

    @Test
    void aWriteToUnknownKeysMakesEveryKeyDirty() {
        keys.markAll();
        keys.markAll();
        keys.releaseAll();
        assertThat(keys.contains(7)).isTrue();
        assertThat(keys.isEmpty()).isFalse();

        keys.releaseAll();

        assertThat(keys.contains(7)).isFalse();
        assertThat(keys.isEmpty()).isTrue();
    }

    @Test
    void whatWasNotMarkedCannotBeReleased() {
        keys.mark(7);
        assertThatThrownBy(() -> keys.release(8)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> keys.release(7 + SLOTS)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(keys::releaseAll).isInstanceOf(IllegalStateException.class);
        assertThat(keys.contains(7)).isTrue();
    }

    @Test
    void forgettingForgetsEverything() {
        keys.mark(7);
        keys.markAll();

        keys.clear();

        assertThat(keys.isEmpty()).isTrue();
        assertThat(keys.contains(7)).isFalse();
    }

    /// Slots 1022, 1023, 0, 1 hold one run of hashes, which removing cuts at every place.
    @Test
    void removingKeepsWhatWrapsAroundTheEndReachable() {
        long[] run = {1022, 1023, 1022 + SLOTS, 1 + SLOTS, 1023 + SLOTS, SLOTS};
        for (long removed : run) {
            var wrapped = new DirtyKeys();
            LongStream.of(run).forEach(wrapped::mark);
            wrapped.release(removed);
            for (long hash : run) {
                assertThat(wrapped.contains(hash))
                        .as("%d without %d", hash, removed)
                        .isEqualTo(hash != removed);
            }
        }
    }

    @Test
    void growingKeepsCounts() {
        for (int round = 0; round < 2; round++) {
            LongStream.rangeClosed(1, 5_000).forEach(i -> keys.mark(i * SLOTS));
        }
        for (int round = 0; round < 2; round++) {
            assertThat(LongStream.rangeClosed(1, 5_000).allMatch(i -> keys.contains(i * SLOTS)))
                    .isTrue();
            LongStream.rangeClosed(1, 5_000).forEach(i -> keys.release(i * SLOTS));
        }
        assertThat(keys.isEmpty()).isTrue();
    }

    /// Against a map. Few homes, at both ends of a table of any size, so that runs are long, wrap
    /// around and are cut in the middle; more hashes than a new table holds, so that it grows.
    @ParameterizedTest
    @MethodSource("seeds")
    void whateverHappensItCountsLikeAMap(long seed) {
        var random = new Random(seed);
        var hashes = new ArrayList<Long>();
        for (int i = 0; i < 1_500; i++) {
            hashes.add(((long) (i + 1) << 32) | ((random.nextInt(9) - 4) & 0xffff_ffffL));
        }
        var model = new HashMap<Long, Integer>();
        int steps = 6_000;
        for (int step = 0; step < steps; step++) {
            long hash = hashes.get(random.nextInt(hashes.size()));
            boolean growing = step < steps / 2;
            if (random.nextInt(10) < (growing ? 7 : 3)) {
                keys.mark(hash);
                model.merge(hash, 1, Integer::sum);
            } else if (model.containsKey(hash)) {
                keys.release(hash);
                model.computeIfPresent(hash, (_, count) -> count == 1 ? null : count - 1);
            }
            if (keys.contains(hash) != model.containsKey(hash)
                    || keys.isEmpty() != model.isEmpty()) {
                throw new AssertionError(
                        "step %d: %s".formatted(step, Seeds.replay(getClass(), seed)));
            }
        }
        for (long hash : hashes) {
            assertThat(keys.contains(hash))
                    .as(Seeds.replay(getClass(), seed))
                    .isEqualTo(model.containsKey(hash));
        }
    }
}
