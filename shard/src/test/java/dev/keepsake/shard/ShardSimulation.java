package dev.keepsake.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.shard.SimulatedShard.Hold;
import dev.keepsake.shard.SimulatedShard.Plan;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Whole shards, with every kind of trouble. What is guaranteed, and checked after every event, is
/// listed in [SimulatedShard].
@Timeout(300)
class ShardSimulation {
    private static final long TROUBLE_MS = 20_000;

    // A last pause, a last slow answer, a silence, and some claims that come too late.
    private static final long RECOVERY_MS = 12_000;

    // A front that does not hold replies is found out within so many seeds.
    private static final int SEEDS_UNTIL_NOTICED = 1_000;

    private static long repliesGiven;
    private static long termsBegun;
    private static long crashesInClaims;
    private static long crashesInPromotions;

    static LongStream seeds() {
        return Seeds.of(300);
    }

    static LongStream fewerSeeds() {
        return Seeds.of(100);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void nothingIsLostNorToldTooEarlyWhenNodesClaimByThemselves(long seed) {
        runThroughTrouble(seed, new Plan(false, false, false, Hold.ALL));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whoIsOutrankedStopsReplyingWithinALeaseWhenNodesAreToldToClaim(long seed) {
        runThroughTrouble(seed, new Plan(true, false, false, Hold.ALL));
    }

    @ParameterizedTest
    @MethodSource("fewerSeeds")
    void nothingIsLostWhenTheMachineLosesItsPowerAndItsDiskIsFull(long seed) {
        runThroughTrouble(seed, new Plan(false, true, false, Hold.ALL));
    }

    @ParameterizedTest
    @MethodSource("fewerSeeds")
    void nothingIsLostOnADiskEitherWhenNodesAreToldToClaim(long seed) {
        runThroughTrouble(seed, new Plan(true, true, false, Hold.ALL));
    }

    @ParameterizedTest
    @MethodSource("fewerSeeds")
    void nothingIsLostNorToldTooEarlyWhenNodesCrashBetweenAnyTwoSteps(long seed) {
        runThroughTrouble(seed, new Plan(false, false, true, Hold.ALL));
    }

    @ParameterizedTest
    @MethodSource("fewerSeeds")
    void whoIsToldToClaimMayCrashBetweenAnyTwoSteps(long seed) {
        runThroughTrouble(seed, new Plan(true, true, true, Hold.ALL));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ALL")
    void aFrontThatDoesNotHoldRepliesIsNoticed(Hold hold) {
        for (long seed = 1; seed <= SEEDS_UNTIL_NOTICED; seed++) {
            try (var shard = new SimulatedShard(seed, new Plan(false, false, false, hold))) {
                shard.run(TROUBLE_MS);
            } catch (AssertionError e) {
                assertThat(e).hasMessageContaining("tells of value");
                return;
            }
        }
        throw new AssertionError("nothing was noticed in %d seeds".formatted(SEEDS_UNTIL_NOTICED));
    }

    /// A simulation in which nothing happens would hold any promise.
    @AfterAll
    static void muchHasHappened() {
        assertThat(repliesGiven).isPositive();
        assertThat(termsBegun).isPositive();
        if (!Seeds.isReplay()) { // one seed need not have everything
            assertThat(crashesInClaims).isPositive();
            assertThat(crashesInPromotions).isPositive();
        }
    }

    private static void runThroughTrouble(long seed, Plan plan) {
        try (var shard = new SimulatedShard(seed, plan)) {
            try {
                shard.run(TROUBLE_MS);
                shard.calmDown();
                shard.run(RECOVERY_MS);
                assertThat(shard.hasLeader()).as("some node leads").isTrue();
                var term = shard.newestTerm();
                shard.run(RECOVERY_MS);
                assertThat(shard.hasLeader()).as("some node still leads").isTrue();
                assertThat(shard.newestTerm()).as("and nobody took over").isEqualTo(term);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "%s%n%s%nrepeat with: %s"
                                .formatted(
                                        shard.story(),
                                        e.getMessage(),
                                        Seeds.replay(ShardSimulation.class, seed)),
                        e);
            }
            repliesGiven += shard.repliesGiven();
            termsBegun += shard.newestTerm().number();
            crashesInClaims += shard.crashesIn(Leadership.State.CLAIMING);
            crashesInPromotions += shard.crashesIn(Leadership.State.PROMOTING);
        }
    }
}
