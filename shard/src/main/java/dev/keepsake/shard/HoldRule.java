package dev.keepsake.shard;

/// Which replies of a primary wait until the data they reveal is durable. Every rule but [#ALL] is
/// wrong, and exists for tests that must notice it.
public enum HoldRule {
    /// Every reply that reveals data which is not durable yet.
    ALL,

    /// As [#ALL], but without reads of named keys. Such a read may reveal data that a failover
    /// takes back.
    WRITES_ONLY,

    /// No reply.
    NOTHING
}
