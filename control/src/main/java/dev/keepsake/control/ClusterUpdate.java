package dev.keepsake.control;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What UpdateCluster asked for and is not reached yet.
///
/// @param replicasPerShard how many replicas every shard is to have
/// @param joining the nodes that are being added
/// @param aclToApply the ACL that is to take the old one's place, if one is
/// @param otherNodes whether shards are to have more nodes or fewer
/// @param otherSecurityGroups whether security groups are being changed
/// @param since when it was asked for; null in what earlier builds recorded
public record ClusterUpdate(
        int replicasPerShard,
        List<String> joining,
        @Nullable String aclToApply,
        boolean otherNodes,
        boolean otherSecurityGroups,
        @Nullable Instant since) {
    public ClusterUpdate {
        joining = List.copyOf(joining);
    }
}
