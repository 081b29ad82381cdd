package dev.keepsake.drill;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How far a failover has come, by its events: called, failed over, recovering, recovered. AWS
/// documents these four texts and this order.
///
/// @param seen how many of the four have come
/// @param from the primary that failed, once that is told
/// @param to the replica that was promoted, once that is told
public record FailoverTrail(int seen, @Nullable String from, @Nullable String to) {
    private static final int ALL = 4;
    private static final Pattern COMPLETED =
            Pattern.compile("Failover from primary node (\\S+) to replica node (\\S+) completed");
    private static final Pattern UNPLANNED =
            Pattern.compile("Failover to replica node (\\S+) completed");

    /// Follows the events.
    ///
    /// @param shard the shard that FailoverShard was called for
    /// @param messages the cluster's events since the call, oldest first; others may be among them
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

    /// Follows the events after a primary has failed by itself: it is recovering, and has
    /// recovered, and somewhere between or behind these another leads. Each counts once, however
    /// often it is told.
    ///
    /// @param from the primary that failed
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
            return new FailoverTrail(1, from, null); // nobody has called
        }
        return new FailoverTrail(2 + recoverySteps(from, messages), from, to);
    }

    /// Follows the events after the server was killed and started again: every node recovers.
    ///
    /// @param nodes the cluster's
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

    /// What to wait for next, in words.
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
