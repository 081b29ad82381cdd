package dev.keepsake.fleet;

import dev.keepsake.control.Failover;

/// Decides the next step of a FailoverShard, from its record and from the present state of its
/// shard. No state, no I/O. A server that starts after a crash asks the same question, and
/// continues with the answer. The question is asked after every report about the shard, also while
/// a failure is under way: a node that is made to fail counts as not answering from then on.
///
/// | recorded | seen | next |
/// | --- | --- | --- |
/// | requested | the primary answers, and so does a node that could take over | [Step.Begin] |
/// | a node is to fail | that node leads and answers, and so does a node that could take over | [Step.FailAgain] |
/// | a node is to fail | another node leads and answers | [Step.Promoted] |
/// | another node took over | the failed node answers again | [Step.Finished] |
/// | anything | anything else | [Step.Nothing] |
final class FailoverSteps {
    /// The next step.
    sealed interface Step {
        /// Record that the primary is about to fail. Then make it fail.
        ///
        /// @param failing the primary
        record Begin(String failing) implements Step {}

        /// Make the primary fail, which is recorded already: a restart came between the record and
        /// the failure, or there was no replica in time. The primary crashes, whatever the mode.
        ///
        /// @param failing the primary
        record FailAgain(String failing) implements Step {}

        /// Record that another node has taken over.
        ///
        /// @param failing the node that failed
        /// @param promoted the primary
        record Promoted(String failing, String promoted) implements Step {}

        /// Record that the failed node answers again.
        ///
        /// @param failing the node that failed
        record Finished(String failing) implements Step {}

        /// Wait for the next report.
        record Nothing() implements Step {}
    }

    private static final Step NOTHING = new Step.Nothing();

    private FailoverSteps() {}

    static Step next(Failover failover, ShardView shard) {
        return switch (failover.stage()) {
            case Failover.Called _ -> called(shard);
            case Failover.Failing(String node) -> failing(node, shard);
            case Failover.Promoted(String failing, _) -> promoted(failing, shard);
        };
    }

    private static Step called(ShardView shard) {
        return shard.servingLeader()
                .filter(leader -> shard.hasSuccessor())
                .<Step>map(Step.Begin::new)
                .orElse(NOTHING);
    }

    private static Step failing(String failing, ShardView shard) {
        var leader = shard.servingLeader();
        if (leader.isEmpty()) {
            return NOTHING;
        }
        if (!leader.get().equals(failing)) {
            return new Step.Promoted(failing, leader.get());
        }
        // The primary may continue until there is a successor: without one, it would only win
        // again.
        return shard.hasSuccessor() ? new Step.FailAgain(failing) : NOTHING;
    }

    private static Step promoted(String failing, ShardView shard) {
        return shard.serves(failing) ? new Step.Finished(failing) : NOTHING;
    }
}
