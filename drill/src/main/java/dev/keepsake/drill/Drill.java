package dev.keepsake.drill;

import dev.keepsake.control.FailoverMode;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Measured failovers under load. The drill creates a cluster through the AWS API, lets writers
/// write through a stock client, calls FailoverShard for one shard after the other, and finally
/// reads everything back that was acknowledged. Owned by the thread that runs it.
public final class Drill implements AutoCloseable {
    /// How long each writer writes before each failover. After one second a delayed replica has
    /// something to catch up with.
    private static final Duration LOAD_TIME = Duration.ofSeconds(1);

    private static final int LOAD_WRITES = 20;
    private static final Duration LOAD_LIMIT = Duration.ofSeconds(30);

    /// The limit from the call to its last event; the replicas' lag is added.
    private static final Duration FAILOVER_LIMIT = Duration.ofSeconds(30);

    private static final int PATIENT_MS = 2_000;

    /// How long a client waits for a reply in the mode `silent`. It is many round trips, but the
    /// outage ends up to four times this long after the promotion.
    private static final int IMPATIENT_MS = 30;

    private static final Duration RESUME_LIMIT = Duration.ofSeconds(10);

    /// More than a server keeps of a log in memory, in writes that are small enough to delay no
    /// client for long.
    private static final int FILLING_BYTES = 24 << 20;

    private static final int FILLING_WRITES = 96;

    private final DrillOptions options;
    private final OptionalInt clusterPort;
    private final Progress progress;
    private final DrilledServer server;
    private final DrillCluster cluster;
    private final RandomGenerator random = RandomGenerator.getDefault();

    /// @param clusterPort the port to request, or empty for any
    public Drill(
            DrillOptions options,
            DrilledServer server,
            OptionalInt clusterPort,
            Progress progress) {
        this.options = options;
        this.clusterPort = clusterPort;
        this.progress = progress;
        this.server = server;
        this.cluster = new DrillCluster(server.endpoint());
    }

    /// A drill of a server that the drill does not own.
    public Drill(DrillOptions options, URI endpoint, OptionalInt clusterPort, Progress progress) {
        this(options, DrilledServer.at(endpoint), clusterPort, progress);
    }

    /// Runs the drill to its end. Blocks.
    ///
    /// @throws DrillException when there is no verdict, because something outside the database
    ///   failed
    public DrillReport run() throws DrillException, InterruptedException {
        long startNs = System.nanoTime();
        var topology = cluster.create(options, clusterPort);
        progress.line(
                "Cluster %s is available after %d ms: %d x (1 primary + %d), replicas %d ms behind"
                        .formatted(
                                cluster.name(),
                                (System.nanoTime() - startNs) / 1_000_000,
                                options.shards(),
                                options.replicas(),
                                options.lagMs()));
        var keys = new DrillKeys(topology.shards());
        List<FailoverResult> results;
        List<WriteLedger> ledgers;
        Throughput throughput;
        try (var store =
                        JedisStore.connect(
                                topology.endpoint(),
                                topology.trust(),
                                options.writers(),
                                timeoutMs());
                var crew = startWriting(keys, store)) {
            progress.line("%d writers write".formatted(options.writers()));
            results = failOverAll(crew, keys, topology);
            ledgers = crew.stop();
            throughput = crew.history().upTo(System.nanoTime());
        }
        progress.live("Reading everything back");
        // A new client, like that of an application which starts after the failovers.
        try (var store =
                JedisStore.connect(
                        topology.endpoint(), topology.trust(), options.writers(), PATIENT_MS)) {
            var verdicts = new ReadBack(store, keys).check(ledgers);
            progress.line("Everything is read back");
            return new DrillReport(
                    options,
                    results,
                    topology.shards().stream().map(ShardSlots::name).toList(),
                    verdicts,
                    ledgers.stream().map(WriteLedger::failures).toList(),
                    throughput,
                    cluster.events());
        }
    }

    private WriterCrew startWriting(DrillKeys keys, DrillStore store) {
        if (use() != null) {
            growToSize(keys, store);
        }
        return WriterCrew.start(options.writers(), keys, store);
    }

    /// Lets the server fill its bounded buffers, such as the newest entries of each log, so that
    /// they do not count as growth between failovers.
    private static void growToSize(DrillKeys keys, DrillStore store) {
        var value = "x".repeat(FILLING_BYTES / FILLING_WRITES);
        for (int i = 0; i < FILLING_WRITES; i++) {
            for (int shard = 0; shard < keys.shards(); shard++) {
                try {
                    store.set(keys.filling(shard), value);
                } catch (WriteFailedException e) {
                    // A failed write does not matter here: these keys are not read back.
                }
            }
        }
    }

    /// How long clients wait for a reply, in milliseconds. It is short in the mode `silent`,
    /// because there a client notices the failure only by waiting.
    private int timeoutMs() {
        return options.mode() == FailoverMode.SILENT ? IMPATIENT_MS : PATIENT_MS;
    }

    private List<FailoverResult> failOverAll(
            WriterCrew crew, DrillKeys keys, DrillCluster.Topology topology)
            throws DrillException, InterruptedException {
        var results = new ArrayList<FailoverResult>();
        long startNs = System.nanoTime();
        for (int i = 0; isMoreWanted(i, startNs); i++) {
            var result = failOver(crew, keys, i % keys.shards(), topology);
            results.add(result);
            progress.line(
                    options.durationS() > 0
                            ? "Failover %d: %s".formatted(i + 1, described(result))
                            : "Failover %d of %d: %s"
                                    .formatted(i + 1, options.failovers(), described(result)));
            if (!result.isComplete()) {
                break; // The next call would be refused.
            }
        }
        return results;
    }

    private boolean isMoreWanted(int done, long startNs) {
        return options.durationS() > 0
                ? System.nanoTime() - startNs < TimeUnit.SECONDS.toNanos(options.durationS())
                : done < options.failovers();
    }

    private DrillFault nextFault() {
        return switch (options.fault()) {
            case RANDOM ->
                    switch (random.nextInt(3)) {
                        case 0 -> DrillFault.FAILOVER;
                        case 1 -> DrillFault.ENGINE;
                        default -> DrillFault.SERVER;
                    };
            case FAILOVER, ENGINE, SERVER -> options.fault();
        };
    }

    private static String described(FailoverResult result) {
        double maxMs = result.outage().maxMs();
        return result.isComplete()
                ? String.format(
                        Locale.ROOT, "%s, write outage max %.1f ms", result.summary(), maxMs)
                : result.summary() + ": " + result.shortfall();
    }

    private FailoverResult failOver(
            WriterCrew crew, DrillKeys keys, int shard, DrillCluster.Topology topology)
            throws DrillException, InterruptedException {
        var name = keys.shardName(shard);
        var meters = crew.meters(shard);
        var none = new FailoverTrail(0, null, null);
        if (!isLoaded(crew)) {
            return result(
                    name, none, crew, meters, "the writers get no acknowledgements before it");
        }
        int eventsBefore = cluster.events().size();
        meters.forEach(AckMeter::watch);
        FailoverTrail trail;
        try {
            trail =
                    switch (nextFault()) {
                        case FAILOVER -> {
                            cluster.failOver(name);
                            yield awaitRecovery(
                                    crew,
                                    name,
                                    eventsBefore,
                                    messages -> FailoverTrail.follow(name, messages));
                        }
                        case ENGINE -> {
                            var primary = cluster.nodeAt(topology.primaryPort(shard));
                            server.killEngine(primary);
                            yield awaitRecovery(
                                    crew,
                                    name,
                                    eventsBefore,
                                    messages -> FailoverTrail.followUnplanned(primary, messages));
                        }
                        case SERVER -> {
                            var nodes = cluster.nodes();
                            server.killAndStartAgain();
                            yield awaitRecovery(
                                    crew,
                                    name,
                                    eventsBefore,
                                    messages -> FailoverTrail.followServer(nodes, messages));
                        }
                        case RANDOM ->
                                throw new IllegalStateException(
                                        "RANDOM was replaced by one of the others before");
                    };
        } catch (DrillException | IOException refused) {
            return result(name, none, crew, meters, refused.getMessage());
        }
        if (!trail.isComplete()) {
            return result(name, trail, crew, meters, "still waiting for " + trail.missing());
        }
        long recoveredNs = System.nanoTime();
        boolean resumed =
                Waiting.until(
                        RESUME_LIMIT,
                        () -> meters.stream().allMatch(m -> m.hasAcknowledgedSince(recoveredNs)));
        return result(
                name,
                trail,
                crew,
                meters,
                resumed ? null : "a writer gets no acknowledgements after it");
    }

    private FailoverResult result(
            String shard,
            FailoverTrail trail,
            WriterCrew crew,
            List<AckMeter> meters,
            @Nullable String shortfall) {
        long nowNs = System.nanoTime();
        long startNs = crew.history().startNs();
        var gaps = meters.stream().map(each -> each.longestGap(nowNs).since(startNs)).toList();
        // Read last: it makes the server collect its garbage, which must not delay a writer.
        return new FailoverResult(shard, trail, gaps, shortfall, use());
    }

    private @Nullable ResourceUse use() {
        try {
            return server.use().orElse(null);
        } catch (IOException e) {
            progress.line("The server's resources cannot be read: " + e.getMessage());
            return null;
        }
    }

    private boolean isLoaded(WriterCrew crew) throws DrillException, InterruptedException {
        long startNs = System.nanoTime();
        var meters = crew.meters();
        var before = meters.stream().map(AckMeter::count).toList();
        return Waiting.until(
                LOAD_LIMIT,
                () -> {
                    showCount(crew, "writing");
                    for (int i = 0; i < meters.size(); i++) {
                        if (meters.get(i).count() < before.get(i) + LOAD_WRITES) {
                            return false;
                        }
                    }
                    return System.nanoTime() - startNs >= LOAD_TIME.toNanos();
                });
    }

    private FailoverTrail awaitRecovery(
            WriterCrew crew,
            String shard,
            int eventsBefore,
            Function<List<String>, FailoverTrail> follow)
            throws DrillException, InterruptedException {
        var trail = new FailoverTrail[1];
        Waiting.until(
                FAILOVER_LIMIT.plusMillis(options.lagMs()),
                () -> {
                    showCount(crew, "failing over shard " + shard);
                    var messages = cluster.events().stream().map(DrillEvent::message).toList();
                    trail[0] = follow.apply(messages.subList(eventsBefore, messages.size()));
                    return trail[0].isComplete();
                });
        return trail[0];
    }

    private void showCount(WriterCrew crew, String doing) {
        progress.live(
                String.format(Locale.ROOT, "%,d acknowledged, %s", crew.acknowledged(), doing));
    }

    /// Deletes the cluster, if there is one, and closes the connection to the API. Reports what
    /// cannot be cleaned up, and leaves it.
    @Override
    public void close() {
        try (cluster) {
            cluster.delete();
        } catch (DrillException e) {
            progress.line(
                    "Cluster %s is left behind: %s".formatted(cluster.name(), e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
