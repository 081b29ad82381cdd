package dev.keepsake.control;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What UpdateCluster asked for and is not reached yet.
///
/// @param replicasPerShard how many replicas every shard is to have
/// @param joining the nodes that are being added
/// @param aclToApply the ACL that is to take the old one's place, if one is
public record ClusterUpdate(
        int replicasPerShard, List<String> joining, @Nullable String aclToApply) {
    public ClusterUpdate {
        joining = List.copyOf(joining);
    }
}
