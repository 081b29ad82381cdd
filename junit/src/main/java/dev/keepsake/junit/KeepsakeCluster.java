package dev.keepsake.junit;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// A cluster of a test class. Any thread may use it.
///
/// Its methods throw [KeepsakeException] when the server refuses a call or does not answer.
public final class KeepsakeCluster {
    private final Cluster declared;
    private final ClusterCalls calls;
    private final @Nullable SSLContext trust;
    private final Patience patience;
    private final String arn;
    private final ClusterCalls.Address address;
    private final List<String> shards;

    /// The tags that this cluster should have now. Guarded by this.
    private Map<String, String> tags;

    /// @param trust for its nodes, or null when they speak plain TCP
    /// @param found the cluster, which is available
    KeepsakeCluster(
            Cluster declared,
            ClusterCalls calls,
            @Nullable SSLContext trust,
            Patience patience,
            ClusterCalls.Description found) {
        this.declared = declared;
        this.calls = calls;
        this.trust = trust;
        this.patience = patience;
        this.arn = found.arn();
        this.address = found.address();
        this.shards = found.shards().stream().map(ClusterCalls.Shard::name).toList();
        this.tags = DrillTags.of(declared);
    }

    /// The name, as the API has it.
    public String name() {
        return declared.name();
    }

    /// The host of the endpoint that clients connect to.
    public String host() {
        return address.host();
    }

    /// The port of the endpoint that clients connect to.
    public int port() {
        return address.port();
    }

    /// The endpoint as clients take it: `rediss://HOST:PORT`, or `redis://…` without TLS.
    public URI uri() {
        String scheme = trust == null ? "redis" : "rediss";
        return URI.create(scheme + "://" + host() + ":" + port());
    }

    /// The names of the shards, such as `0001`, in order.
    public List<String> shards() {
        return shards;
    }

    /// Calls FailoverShard, with the mode that [Cluster#mode()] declares. Returns at once, as the
    /// call does: another node leads a moment later. [#awaitRecovered()] waits for the end.
    ///
    /// @param shard such as `0001`
    public void failover(String shard) {
        failover(shard, DrillTags.of(declared).get(DrillTags.MODE));
    }

    /// The same, with another mode.
    public void failover(String shard, FailoverMode mode) {
        failover(shard, mode.inTag());
    }

    /// The server reads the mode when it makes the primary fail. So the tag stays as it is until
    /// the next failover, or until the cluster has recovered.
    private synchronized void failover(String shard, @Nullable String mode) {
        setTag(DrillTags.MODE, mode);
        calls.failover(shard);
    }

    /// From now on the other nodes learn of a new primary so much later: they redirect clients to
    /// the previous primary meanwhile. At most a minute.
    public synchronized void topologyLag(Duration lag) {
        setTag(DrillTags.TOPOLOGY_LAG, Long.toString(lag.toMillis()));
    }

    private void setTag(String key, @Nullable String value) {
        var next = new LinkedHashMap<>(tags);
        if (value == null) {
            next.remove(key);
        } else {
            next.put(key, value);
        }
        calls.setDrillTags(arn, next);
        tags = next;
    }

    /// The events of the cluster so far, oldest first.
    public List<KeepsakeEvent> events() {
        return List.copyOf(calls.events());
    }

    /// Waits until every failover is over and every node that had failed is a replica again.
    ///
    /// @throws KeepsakeException when that takes longer than `keepsake.timeout.s` (180 s)
    public void awaitRecovered() {
        patience.await(
                "cluster %s has recovered".formatted(name()),
                () -> pending().isEmpty(),
                () -> String.join(", ", pending()));
        synchronized (this) {
            setTag(DrillTags.MODE, DrillTags.of(declared).get(DrillTags.MODE));
        }
    }

    private List<String> pending() {
        var messages = calls.events().stream().map(KeepsakeEvent::message).toList();
        var found = calls.describe();
        var pending = Recovery.pending(messages, name(), found.nodes());
        return pending.isEmpty() && !found.status().equals("available")
                ? List.of("it is " + found.status())
                : pending;
    }

    /// Makes the cluster as it was declared: waits until it has recovered, deletes all keys and
    /// functions, and takes back what [#topologyLag(Duration)] set. Endpoint and nodes stay, so
    /// clients stay connected.
    public void reset() {
        awaitRecovered();
        synchronized (this) {
            var original = DrillTags.of(declared);
            calls.setDrillTags(arn, original);
            tags = original;
        }
        for (var shard : calls.describe().shards()) {
            var tried = new Flushing(shard);
            patience.await(
                    "shard %s of cluster %s is empty".formatted(shard.name(), name()),
                    tried::isDone,
                    () -> tried.replies);
        }
    }

    /// Empties one shard: only its primary accepts that.
    private final class Flushing {
        private final ClusterCalls.Shard shard;
        private String replies = "no node was asked";

        Flushing(ClusterCalls.Shard shard) {
            this.shard = shard;
        }

        boolean isDone() {
            var answers = new LinkedHashMap<String, String>();
            for (var node : shard.nodes().entrySet()) {
                String answer = flushed(node.getValue());
                if (answer.equals("+OK")) {
                    return true;
                }
                if (answer.startsWith("-NOAUTH") || answer.startsWith("-NOPERM")) {
                    throw new KeepsakeException(
                            "cluster %s cannot be reset: its user default may not run FLUSHALL (%s); give it the ACL open-access"
                                    .formatted(name(), answer));
                }
                answers.put(node.getKey(), answer);
            }
            replies =
                    answers.entrySet().stream()
                            .map(answer -> answer.getKey() + " said " + answer.getValue())
                            .collect(Collectors.joining(", "));
            return false;
        }

        private String flushed(ClusterCalls.Address node) {
            try (var link = NodeLink.to(node, trust)) {
                String functions = link.ask("FUNCTION", "FLUSH");
                return functions.equals("+OK") ? link.ask("FLUSHALL") : functions;
            } catch (IOException e) {
                return e.toString();
            }
        }
    }

    @Override
    public String toString() {
        return "%s at %s".formatted(name(), uri());
    }
}
