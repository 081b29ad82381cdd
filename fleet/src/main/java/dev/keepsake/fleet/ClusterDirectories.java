package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ShardSpec;
import java.nio.file.Path;

/// Where the files of clusters are, below a server's data directory.
///
/// ```
/// data/control                                   the records
/// data/clusters/REGION/NAME-INCARNATION          a cluster
///   SHARD                                        the log of a shard
///   SHARD-snapshots                              its internal snapshots
///   engine-NODE                                  what the engine of a node works in
/// ```
record ClusterDirectories(Path data) {
    Path control() {
        return data.resolve("control");
    }

    /// All clusters.
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
