package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.Failover;
import dev.keepsake.fleet.FailoverSteps.Step;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailoverStepsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # failing | promoted | leads | nodes that answer | next
                              |          | a     | a b c             | Begin[failing=a]
                              |          | b     | a b c             | Begin[failing=b]
                              |          | a     | a c               | Begin[failing=a]
                    # There is nobody who could take over, or nobody who could fail.
                              |          | a     | a                 | Nothing[]
                              |          | a     | b c               | Nothing[]
                              |          | a     | none              | Nothing[]
                              |          |       | a b c             | Nothing[]
                    # A restart came between the record and the deed, or no replica was there in time.
                    a         |          | a     | a b               | FailAgain[failing=a]
                    a         |          | a     | a                 | Nothing[]
                    a         |          | a     | b c               | Nothing[]
                    a         |          |       | b c               | Nothing[]
                    # Somebody else has taken over, once clients are answered.
                    a         |          | b     | b c               | Promoted[failing=a, promoted=b]
                    a         |          | b     | b                 | Promoted[failing=a, promoted=b]
                    a         |          | b     | a b c             | Promoted[failing=a, promoted=b]
                    a         |          | b     | a c               | Nothing[]
                    # It is over when the failed node answers, whoever leads by then.
                    a         | b        | b     | b c               | Nothing[]
                    a         | b        | b     | a b c             | Finished[failing=a]
                    a         | b        | c     | a c               | Finished[failing=a]
                    a         | b        | a     | a c               | Finished[failing=a]
                    a         | b        |       | a                 | Finished[failing=a]
                    a         | b        |       | none              | Nothing[]
                    """)
    void theNextStepFollowsFromTheRecordAndTheShard(
            @Nullable String failing,
            @Nullable String promoted,
            @Nullable String leader,
            String serving,
            String next) {
        var failover = new Failover("0001", stage(failing, promoted));
        assertThat(FailoverSteps.next(failover, shard(leader, serving))).hasToString(next);
    }

    @Test
    void aFailedNodeThatHasLeftTheShardIsWaitedForNoFurtherThanItsRecord() {
        var failover = new Failover("0001", new Failover.Promoted("gone", "a"));
        assertThat(FailoverSteps.next(failover, shard("a", "a b c"))).isEqualTo(new Step.Nothing());
    }

    private static Failover.Stage stage(@Nullable String failing, @Nullable String promoted) {
        if (failing == null) {
            return new Failover.Called();
        }
        return promoted == null
                ? new Failover.Failing(failing)
                : new Failover.Promoted(failing, promoted);
    }

    private static ShardView shard(@Nullable String leader, String serving) {
        var answering = Arrays.asList(serving.split(" ", -1));
        var nodes =
                Arrays.asList("a", "b", "c").stream()
                        .map(name ->
                                new NodeView(
                                        name,
                                        name.equals(leader) ? NodePhase.PRIMARY : NodePhase.REPLICA,
                                        answering.contains(name),
                                        true,
                                        Map.of(),
                                        0))
                        .toList();
        return new ShardView("0001", leader, leader, nodes);
    }
}
