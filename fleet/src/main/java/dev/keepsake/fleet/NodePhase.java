package dev.keepsake.fleet;

/// The phase of a node in its life.
enum NodePhase {
    /// The node has no engine: not started, crashed, or ended.
    DOWN,
    /// An engine is starting or catching up.
    STARTING,
    /// The engine follows the log closely.
    REPLICA,
    /// The node leads.
    PRIMARY,
    /// The node led, and no longer answers, although its sockets are open.
    SILENT
}
