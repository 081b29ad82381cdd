package dev.keepsake.front;

import java.util.Locale;

/// Which sections of INFO depend on data that may not be durable. The others are sent at once, also
/// while the log has no room.
///
/// | section | depends on |
/// | --- | --- |
/// | `server`, `clients`, `cpu`, `modules`, `cluster` | the process and its connections |
/// | `replication` | topology and durable offsets, in the front's words |
/// | `memory` | the same, and how many functions there are |
/// | `keyspace` | how many keys there are |
/// | `persistence` | how many changes there have been (`rdb_changes_since_last_save`) |
/// | `stats` | keys that expired, were evicted, were found or missed |
/// | `commandstats`, `errorstats`, `latencystats` | which commands have been executed, and how |
///
/// Counters are not data, but they reveal that a command succeeded, found a key or failed, and a
/// failover may undo just that. So a section is sent at once only if it counts nothing of the kind,
/// and a section that is not known here waits.
final class InfoSections {
    private static final int NAME_MAX_BYTES = 32;

    private InfoSections() {}

    /// What becomes of the reply to an INFO: the rule of its strictest section.
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
