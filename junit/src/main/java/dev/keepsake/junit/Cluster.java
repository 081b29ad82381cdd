package dev.keepsake.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// A cluster of a test class; see [Keepsake].
@Target({})
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface Cluster {
    /// The name, as in CreateCluster.
    String name() default "test";

    /// How many shards.
    int shards() default 1;

    /// How many replicas each shard has besides its primary.
    int replicas() default 1;

    /// The engine, `redis` or `valkey`. By default it is the one that the API takes.
    String engine() default "";

    /// The version of the engine, such as `7.1`. By default it is the one that the API takes.
    String engineVersion() default "";

    /// The node type, which decides how much memory the nodes have.
    String nodeType() default "db.t4g.small";

    /// Whether clients speak TLS with the nodes, as they do with MemoryDB by default.
    boolean tls() default true;

    /// How a failover makes the primary fail, unless the call of a failover gives another mode.
    FailoverMode mode() default FailoverMode.CRASH;

    /// How far the replicas are behind, in milliseconds, as over a real network.
    int replicaLagMs() default 0;

    /// How much later the other nodes learn of a new primary, in milliseconds.
    int topologyLagMs() default 0;
}
