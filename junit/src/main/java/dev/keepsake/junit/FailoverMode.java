package dev.keepsake.junit;

import java.util.Locale;

/// How a failover makes the primary of a shard fail.
public enum FailoverMode {
    /// The engine is killed, and the connections of clients are reset.
    CRASH,

    /// Connections stay open, and nothing is answered. Clients notice by their timeouts.
    SILENT,

    /// The primary hands over in order, and becomes a replica. Clients are redirected.
    HANDOVER;

    /// The name in tags of clusters.
    String inTag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
