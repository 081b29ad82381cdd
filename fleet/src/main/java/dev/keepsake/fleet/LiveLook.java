package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.LiveService;
import dev.keepsake.control.LiveState;
import dev.keepsake.core.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/// Looks at what runs, for people. The fleet's thread is asked only for values in memory; whatever
/// may wait is done on a virtual thread. Any thread.
final class LiveLook implements LiveService {
    private record Running(Map<ClusterId, List<LiveState.Shard>> shards, LiveState rest) {}

    private final RunningClusters running;
    private final ControlJournal control;
    private final Chronicle chronicle;
    private final Clock clock;
    private final Executor fleet;
    private final ThreadFactory threads;

    /// @param fleet runs its tasks on the fleet's thread, and drops them once that has ended
    /// @param threads creates virtual threads
    LiveLook(
            RunningClusters running,
            ControlJournal control,
            Chronicle chronicle,
            Clock clock,
            Executor fleet,
            ThreadFactory threads) {
        this.running = running;
        this.control = control;
        this.chronicle = chronicle;
        this.clock = clock;
        this.fleet = fleet;
        this.threads = threads;
    }

    @Override
    public CompletableFuture<LiveState> look() {
        return CompletableFuture.supplyAsync(this::running, fleet)
                .thenApplyAsync(this::withRecords, task -> threads.newThread(task).start());
    }

    private Running running() {
        var shards = new HashMap<ClusterId, List<LiveState.Shard>>();
        for (var cluster : running.all()) {
            shards.put(
                    cluster.spec().id(),
                    cluster.shards().stream().map(ShardRuntime::live).toList());
        }
        return new Running(
                shards,
                new LiveState(clock.now(), List.of(), chronicle.changes(), chronicle.outages()));
    }

    private LiveState withRecords(Running found) {
        var clusters =
                control.read(ControlState::clusters).stream()
                        .map(cluster ->
                                new LiveState.Cluster(
                                        cluster.spec().id(),
                                        cluster.shownStatus().wire(),
                                        cluster.failover(),
                                        found.shards()
                                                .getOrDefault(cluster.spec().id(), List.of())))
                        .toList();
        var rest = found.rest();
        return new LiveState(rest.time(), clusters, rest.changes(), rest.outages());
    }
}
