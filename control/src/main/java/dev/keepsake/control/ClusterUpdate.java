package dev.keepsake.control;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The part of UpdateCluster that is not carried out yet.
///
/// @param replicasPerShard how many replicas every shard will have
/// @param joining the nodes that are being added
/// @param aclToApply the ACL that will replace the present one, or null
/// @param otherNodes whether the number of nodes changes
/// @param otherSecurityGroups whether security groups change
/// @param since when it was requested; null in records of earlier builds
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
