/// Makes the nodes that run match the records of the control plane.
///
/// [dev.keepsake.fleet.Fleet] owns the one thread and says when to look. What *decides*, from
/// records and from values that say how nodes are (`ShardView`), is apart from what *acts* on the
/// nodes of this machine:
///
/// | decides | acts |
/// | --- | --- |
/// | `ClusterProgress`: what is recorded of a cluster | `ClusterReconciler`, `ClusterStart`, `ClusterEnd`: clusters run as recorded |
/// | `FailoverSteps`: what comes next in a FailoverShard | `RunningClusters`: carries it out |
/// | `Election`: which node is told to claim | `ShardRuntime`, `NodeRuntime`: one shard, one node |
/// | `EngineChoice`: which engine a cluster runs on | `ClusterPreparation`: opens its logs before it starts |
/// | | `NodeAssembly`: puts clusters, shards and nodes together |
@NullMarked
package dev.keepsake.fleet;

import org.jspecify.annotations.NullMarked;
