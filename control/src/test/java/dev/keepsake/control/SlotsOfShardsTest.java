package dev.keepsake.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.SlotRange;
import dev.keepsake.core.Slots;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every slot belongs to one shard, however many there are.
class SlotsOfShardsTest {
    @ParameterizedTest
    @MethodSource("shardCounts")
    void everySlotIsInOnePieceAndPiecesDifferByOneSlotAtMost(int shards) {
        var pieces = SlotRange.split(shards);

        assertThat(pieces).hasSize(shards);
        assertThat(pieces.getFirst().first()).isZero();
        assertThat(pieces.getLast().last()).isEqualTo(Slots.COUNT - 1);
        for (int i = 1; i < shards; i++) {
            assertThat(pieces.get(i).first()).isEqualTo(pieces.get(i - 1).last() + 1);
        }
        var sizes = pieces.stream().mapToInt(piece -> piece.last() - piece.first() + 1);
        var summary = sizes.summaryStatistics();
        assertThat(summary.getMax() - summary.getMin()).isLessThanOrEqualTo(1);
    }

    @Test
    void theShardsOfAClusterHaveTheirPiecesInOrder() {
        for (int shards = 1; shards <= 90; shards++) {
            int wanted = shards;
            var spec =
                    Create.spec(
                            Create.with(create -> {
                                create.numShards = wanted;
                                create.numReplicasPerShard = 0;
                            }),
                            "us-east-1",
                            Instant.EPOCH,
                            new SplittableRandom(shards));
            assertThat(spec.shards().stream().map(ShardSpec::slots).map(SlotRange::parse))
                    .isEqualTo(SlotRange.split(shards));
        }
    }

    private static IntStream shardCounts() {
        return IntStream.rangeClosed(1, 500);
    }
}
