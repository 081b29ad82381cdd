package dev.keepsake.fleet;

/// Whether another process than this one can lead a shard.
enum OtherProcess {
    /// No other process can lead: the log belongs to this process alone.
    NONE,
    /// The process that had the log before has ended. Another one may come.
    ENDED,
    /// The process that had the log before may be alive and lead, until its lease is over.
    MAY_LEAD
}
