package dev.keepsake.shard;

/// Which replies of a primary wait until what they tell is durable. Everything but [#ALL] is wrong,
/// and there only so that tests can show that they would notice.
public enum HoldRule {
    /// Every reply that tells something which is not durable yet.
    ALL,

    /// The same, but for reads of named keys: they tell what a failover can take back.
    WRITES_ONLY,

    /// None.
    NOTHING
}
