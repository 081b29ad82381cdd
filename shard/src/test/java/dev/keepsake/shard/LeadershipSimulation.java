package dev.keepsake.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Several [Leadership] machines around one log, with every kind of trouble. What is guaranteed,
/// and checked after every event, is listed in [SimulatedShard].
@Timeout(60)
class LeadershipSimulation {
    private static final long TROUBLE_MS = 20_000;

    // A last slow answer, a silence, and some claims that come too late.
    private static final long RECOVERY_MS = 8_000;

    private static long repliesGiven;
    private static long termsBegun;

    static LongStream seeds() {
        return Seeds.of(1_000);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whoMayReplyHoldsTheNewestTermWhenNodesClaimByThemselves(long seed) {
        runThroughTrouble(seed, new SimulatedShard(seed, false));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whoIsOutrankedStopsReplyingWithinALeaseWhenNodesAreToldToClaim(long seed) {
        runThroughTrouble(seed, new SimulatedShard(seed, true));
    }

    /// A simulation in which nothing happens would hold any promise.
    @AfterAll
    static void muchHasHappened() {
        assertThat(repliesGiven).isPositive();
        assertThat(termsBegun).isPositive();
    }

    private static void runThroughTrouble(long seed, SimulatedShard shard) {
        try {
            shard.run(TROUBLE_MS);
            shard.calmDown();
            shard.run(RECOVERY_MS);
            assertThat(shard.hasLeader()).as("some node leads").isTrue();
            var term = shard.newestTerm();
            shard.run(RECOVERY_MS);
            assertThat(shard.hasLeader()).as("some node still leads").isTrue();
            assertThat(shard.newestTerm()).as("and nobody took over").isEqualTo(term);
        } catch (AssertionError e) {
            throw new AssertionError(
                    "%s%n%s%nrepeat with: %s"
                            .formatted(
                                    shard.story(),
                                    e.getMessage(),
                                    Seeds.replay(LeadershipSimulation.class, seed)),
                    e);
        }
        repliesGiven += shard.repliesGiven();
        termsBegun += shard.newestTerm().number();
    }
}
