package dev.keepsake.front;

import java.util.Locale;

/// Which sections of INFO tell of data that may not be durable. The others leave at once, also
/// while the log has no room.
///
/// | section | tells of |
/// | --- | --- |
/// | `server`, `clients`, `cpu`, `modules`, `cluster` | the process and its connections |
/// | `replication` | topology and durable offsets, in the front's words |
/// | `memory` | the same, and how many functions there are |
/// | `keyspace` | how many keys there are |
/// | `persistence` | how many changes there have been (`rdb_changes_since_last_save`) |
/// | `stats` | keys that expired, were evicted, were found or missed |
/// | `commandstats`, `errorstats`, `latencystats` | which commands have been executed, and how |
///
/// Counters are no data, but they tell that somebody's command succeeded, found a key or failed;
/// that is the very thing which a failover may take back. So only those sections leave at once that
/// count nothing of it, and a section that is not known here waits.
final class InfoSections {
    private static final int NAME_MAX_BYTES = 32;

    private InfoSections() {}

    /// What becomes of the reply to one INFO: what the strictest of its sections needs.
    static ExpectedReplies.Kind kindOf(Command command) {
        if (command.argumentCount() < 2) {
            return ExpectedReplies.Kind.INFO;
        }
        var kind = ExpectedReplies.Kind.INFO_OF_NODE;
        for (int i = 1; i < command.argumentCount(); i++) {
            String name = command.length(i) > NAME_MAX_BYTES ? "" : command.text(i);
            switch (name.toLowerCase(Locale.ROOT)) {
                case "server", "clients", "cpu", "modules", "cluster", "replication" -> {
                    // the least
                }
                case "memory" -> kind = ExpectedReplies.Kind.INFO_OF_FUNCTIONS;
                default -> {
                    return ExpectedReplies.Kind.INFO;
                }
            }
        }
        return kind;
    }
}
