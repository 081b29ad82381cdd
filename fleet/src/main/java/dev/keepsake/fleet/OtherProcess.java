package dev.keepsake.fleet;

/// Whether another process than this one can lead a shard.
enum OtherProcess {
    /// The log is this one's alone.
    NONE,
    /// The one that had the log before has ended. Yet another may come.
    ENDED,
    /// The one that had the log before may be alive and lead, until its lease is over.
    MAY_LEAD
}
