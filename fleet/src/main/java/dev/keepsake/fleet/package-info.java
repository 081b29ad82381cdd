/// Makes the running nodes match the records of the control plane.
///
/// [dev.keepsake.fleet.Fleet] owns the one thread of this module and decides when to compare. The
/// classes that *decide*, from records and from values that describe nodes (`ShardView`), are
/// separate from those that *act* on the nodes of this machine:
///
/// | decides | acts |
/// | --- | --- |
/// | `ClusterProgress`: what is recorded of a cluster | `ClusterReconciler`, `ClusterStart`, `ClusterEnd`: make clusters run as recorded |
/// | `FailoverSteps`: the next step of a FailoverShard | `RunningClusters`: carries it out |
/// | `Election`: which node is asked to claim | `ShardRuntime`, `NodeRuntime`: one shard, one node |
/// | `EngineChoice`: which engine a cluster runs on | `ClusterPreparation`: opens a cluster's logs before it starts |
/// | | `NodeAssembly`: puts clusters, shards and nodes together |
@NullMarked
package dev.keepsake.fleet;

import org.jspecify.annotations.NullMarked;
