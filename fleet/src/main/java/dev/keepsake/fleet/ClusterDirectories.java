package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ShardSpec;
import java.nio.file.Path;

/// The directories of clusters, below a server's data directory.
///
/// ```
/// data/control                                   the records
/// data/clusters/REGION/NAME-INCARNATION          a cluster
///     SHARD                                      the log of a shard
///     SHARD-snapshots                            its internal snapshots
///     engine-NODE                                the work directory of a node's engine
/// ```
record ClusterDirectories(Path data) {
    Path control() {
        return data.resolve("control");
    }

    /// The directory of all clusters.
    Path clusters() {
        return data.resolve("clusters");
    }

    Path of(ClusterId id) {
        return clusters().resolve(id.region()).resolve(id.name() + "-" + id.incarnation());
    }

    Path logOf(ClusterId id, ShardSpec shard) {
        return of(id).resolve(shard.name());
    }

    Path snapshotsOf(ClusterId id, ShardSpec shard) {
        return of(id).resolve(shard.name() + "-snapshots");
    }
}
