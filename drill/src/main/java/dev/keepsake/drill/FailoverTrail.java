package dev.keepsake.drill;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The progress of a failover according to its events: called, failed over, recovering, recovered.
/// AWS documents these four texts and this order.
///
/// @param seen how many of the four events have come
/// @param from the failed primary, once an event has named it
/// @param to the promoted replica, once an event has named it
public record FailoverTrail(int seen, @Nullable String from, @Nullable String to) {
    private static final int ALL = 4;
    private static final Pattern COMPLETED =
            Pattern.compile("Failover from primary node (\\S+) to replica node (\\S+) completed");
    private static final Pattern UNPLANNED =
            Pattern.compile("Failover to replica node (\\S+) completed");

    /// The progress of a FailoverShard.
    ///
    /// @param shard the shard of the call
    /// @param messages the cluster's events since the call, oldest first; other events may be among
    ///   them
    static FailoverTrail follow(String shard, List<String> messages) {
        int seen = 0;
        String from = null;
        String to = null;
        for (var message : messages) {
            switch (seen) {
                case 0 -> {
                    if (message.equals("FailoverShard API called for shard " + shard)) {
                        seen++;
                    }
                }
                case 1 -> {
                    Matcher match = COMPLETED.matcher(message);
                    if (match.matches()) {
                        from = match.group(1);
                        to = match.group(2);
                        seen++;
                    }
                }
                case 2 -> {
                    if (message.equals("Recovering nodes " + from)) {
                        seen++;
                    }
                }
                case 3 -> {
                    if (message.equals("Finished recovery for nodes " + from)) {
                        seen++;
                    }
                }
                default -> {}
            }
        }
        return new FailoverTrail(seen, from, to);
    }

    /// The progress after a primary has failed by itself. It is recovering, then it has recovered,
    /// and another node leads at some time between or after these. Repeated events count once.
    ///
    /// @param from the failed primary
    /// @param messages the cluster's events since then, oldest first
    static FailoverTrail followUnplanned(String from, List<String> messages) {
        String to = null;
        for (var message : messages) {
            var match = UNPLANNED.matcher(message);
            if (match.matches()) {
                to = match.group(1);
            }
        }
        if (to == null) {
            return new FailoverTrail(1, from, null); // there is no event of a call
        }
        return new FailoverTrail(2 + recoverySteps(from, messages), from, to);
    }

    /// The progress after the server was killed and started again: every node recovers.
    ///
    /// @param nodes the cluster's nodes
    /// @param messages the cluster's events since then, oldest first
    static FailoverTrail followServer(List<String> nodes, List<String> messages) {
        int steps = nodes.stream().mapToInt(node -> recoverySteps(node, messages)).min().orElse(0);
        return new FailoverTrail(2 + steps, "server", "server");
    }

    /// 1 when the node has begun to recover, 2 when it has then recovered, else 0.
    private static int recoverySteps(String node, List<String> messages) {
        int begun = messages.indexOf("Recovering nodes " + node);
        int finished = messages.lastIndexOf("Finished recovery for nodes " + node);
        if (begun < 0) {
            return 0;
        }
        return finished > begun ? 2 : 1;
    }

    public boolean isComplete() {
        return seen == ALL;
    }

    /// The next expected event, in words.
    String missing() {
        return switch (seen) {
            case 0 -> "the event that FailoverShard was called";
            case 1 -> "the event that the failover completed";
            case 2 -> "the event that " + from + " is recovering";
            case 3 -> "the event that " + from + " has recovered";
            default -> "nothing";
        };
    }
}
