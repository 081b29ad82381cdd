package dev.keepsake.junit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// What the events of a cluster say of failovers that are not over yet. Stateless.
///
/// A failover has four events: it was called, it has completed, its node is recovering, and that
/// node has recovered. A node that fails by itself has the last two.
final class Recovery {
    private static final Pattern CALLED =
            Pattern.compile("FailoverShard API called for shard (\\S+)");
    private static final Pattern COMPLETED =
            Pattern.compile("Failover from primary node (\\S+) to replica node \\S+ completed");
    private static final Pattern RECOVERING = Pattern.compile("Recovering nodes (\\S+)");
    private static final Pattern RECOVERED = Pattern.compile("Finished recovery for nodes (\\S+)");

    private Recovery() {}

    /// What is not over yet, in words; empty when everything is.
    ///
    /// @param messages the events' messages, oldest first
    /// @param cluster the cluster's name, with which the names of its nodes begin
    /// @param nodes the nodes that the cluster has now
    static List<String> pending(List<String> messages, String cluster, Set<String> nodes) {
        var failovers = new ArrayList<String>(); // shards whose failover was called
        var recovering = new LinkedHashMap<String, String>();
        for (var message : messages) {
            var called = CALLED.matcher(message);
            var completed = COMPLETED.matcher(message);
            var began = RECOVERING.matcher(message);
            var ended = RECOVERED.matcher(message);
            if (called.matches()) {
                failovers.add(called.group(1));
            } else if (completed.matches()) {
                String failed = completed.group(1);
                failovers.removeIf(shard -> failed.startsWith(cluster + "-" + shard + "-"));
            } else if (began.matches()) {
                recovering.put(began.group(1), "node %s is recovering".formatted(began.group(1)));
            } else if (ended.matches()) {
                recovering.remove(ended.group(1));
            }
        }
        recovering.keySet().retainAll(nodes); // others have left the cluster
        var pending = new ArrayList<String>();
        failovers.forEach(
                shard -> pending.add("the failover of shard %s is under way".formatted(shard)));
        pending.addAll(recovering.values());
        return pending;
    }
}
