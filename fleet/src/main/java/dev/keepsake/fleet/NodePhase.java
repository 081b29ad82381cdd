package dev.keepsake.fleet;

/// Where a node is in its life.
enum NodePhase {
    /// No engine: not started, crashed, or ended.
    DOWN,
    /// An engine is starting or catching up.
    STARTING,
    /// Follows the log closely.
    REPLICA,
    /// Leads.
    PRIMARY,
    /// Led, and answers nobody any more, though its sockets are open.
    SILENT
}
