package dev.keepsake.fleet;

import dev.keepsake.core.Clock;
import dev.keepsake.front.NodeFront;
import dev.keepsake.shard.ShardNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The parameters of a node: those of its engine and those of its front. Owned by the fleet's
/// thread.
final class NodeSettings {
    private static final long PAUSE_MIN_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long PAUSE_MAX_NS = TimeUnit.SECONDS.toNanos(5);
    private static final Logger LOG = LoggerFactory.getLogger(NodeSettings.class);

    private final String node;
    private final NodeFront front;
    private final Supplier<Map<String, String>> wanted;
    private final Predicate<ShardNode> isPresent;
    private final Clock clock;
    private final ScheduledExecutorService fleet;
    private final Backoff refusals = new Backoff(PAUSE_MIN_NS, PAUSE_MAX_NS);
    private Map<String, String> applied = Map.of();
    private boolean changing;

    /// @param wanted gives the parameters that the node has to run with
    /// @param isPresent whether a life is the node's present one
    NodeSettings(
            String node,
            NodeFront front,
            Supplier<Map<String, String>> wanted,
            Predicate<ShardNode> isPresent,
            Clock clock,
            ScheduledExecutorService fleet) {
        this.node = node;
        this.front = front;
        this.wanted = wanted;
        this.isPresent = isPresent;
        this.clock = clock;
        this.fleet = fleet;
    }

    /// The parameters that the present life runs with.
    Map<String, String> applied() {
        return applied;
    }

    /// Begins a new life with the wanted parameters.
    ///
    /// @return the parameters of its engine
    Map<String, String> begin() {
        applied = wanted.get();
        front.limitClients(NodeParameters.ofFront(applied));
        front.expectEvictions(NodeParameters.evict(applied));
        return NodeParameters.ofEngine(applied);
    }

    /// Makes engine and front apply the wanted parameters, if they have others. An engine that
    /// refuses them is tried again after a pause, which grows with each failure.
    ///
    /// @param life the present life
    /// @param onDone called on the fleet's thread when they have been applied, or may be tried
    ///   again
    void change(ShardNode life, Runnable onDone) {
        var asked = wanted.get();
        if (changing || asked.equals(applied)) {
            return;
        }
        front.limitClients(NodeParameters.ofFront(asked));
        if (NodeParameters.evict(asked)) {
            front.expectEvictions(true); // before the engine starts to evict, until it has stopped
        }
        var changes = new TreeMap<>(NodeParameters.ofEngine(asked));
        changes.entrySet().removeAll(applied.entrySet());
        changing = true;
        var taken =
                changes.isEmpty()
                        ? CompletableFuture.<Void>completedFuture(null)
                        : life.configure(changes);
        taken.whenCompleteAsync(
                (done, failure) -> {
                    if (failure == null) {
                        onTaken(life, asked, changes);
                        onDone.run();
                    } else {
                        askAgain(failure, onDone);
                    }
                },
                fleet);
    }

    private void onTaken(ShardNode life, Map<String, String> asked, Map<String, String> changes) {
        changing = false;
        refusals.succeeded();
        if (isPresent.test(life)) {
            applied = asked;
            if (NodeParameters.changeEviction(changes)) {
                front.expectEvictions(NodeParameters.evict(asked));
            }
        }
    }

    private void askAgain(Throwable failure, Runnable onDone) {
        long pauseNs = refusals.failed(clock.nowNs());
        LOG.warn(
                "node={} did not apply its parameters, which is tried again pause_ms={} reason={}",
                node,
                TimeUnit.NANOSECONDS.toMillis(pauseNs),
                failure.getMessage());
        fleet.schedule(
                () -> {
                    changing = false;
                    onDone.run();
                },
                pauseNs,
                TimeUnit.NANOSECONDS);
    }
}
