package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.memorydb.model.Node;

/// A client of another cluster than the one that is attacked: it writes about twenty times a second,
/// one write at a time, a quarter of them over a connection of its own, and in the end says whether
/// it has noticed anything.
///
/// A reply that stays away for as long as a [Wire] waits counts as noticed; a slow one does not, for
/// the machine may be slow by itself.
///
///     try (var bystander = Bystander.of(api, "victim")) {
///         attack();
///         bystander.assertNoticedNothing();
///     }
final class Bystander implements AutoCloseable {
    private static final int BETWEEN_WRITES_MS = 50;
    private static final int WRITES_A_CONNECTION = 4;

    private final Api api;
    private final String cluster;
    private final Node primary;
    private final List<String> eventsBefore;
    private final String termBefore;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread writer;
    private volatile int acknowledged;
    private volatile @Nullable Throwable trouble;

    private Bystander(Api api, String cluster) throws IOException {
        this.api = api;
        this.cluster = cluster;
        this.primary = primaryOf(api, cluster);
        this.eventsBefore = api.messages(cluster);
        this.termBefore = term();
        this.writer = Thread.ofPlatform().name("bystander of " + cluster).start(this::write);
    }

    /// Begins to write to the first shard of a cluster that is available, or that is made now: of
    /// one node, for a replica may rightly take over on a machine that is slow by itself.
    static Bystander of(Api api, String cluster) throws IOException {
        if (api.client().describeClusters(request -> {}).clusters().stream()
                .noneMatch(each -> each.name().equals(cluster))) {
            api.create(cluster, 1, 0, 0, FreePorts.next(10).first());
        }
        var bystander = new Bystander(api, cluster);
        await("the bystander has written", () -> bystander.acknowledged > 0 || bystander.isOver());
        return bystander;
    }

    private static Node primaryOf(Api api, String cluster) throws IOException {
        for (var node : api.describe(cluster).shards().getFirst().nodes()) {
            try (var wire = Wire.to(node)) {
                if (wire.ask("ROLE").startsWith("[master")) {
                    return node;
                }
            }
        }
        throw new AssertionError("the first shard of " + cluster + " has no primary");
    }

    /// What no failover leaves as it is: the primary's replication id, and the topology's version.
    private String term() throws IOException {
        try (var wire = Wire.to(primary)) {
            return line(wire.ask("INFO", "replication"), "master_replid:")
                    + " "
                    + line(wire.ask("INFO", "replication"), "role:")
                    + " "
                    + line(wire.ask("CLUSTER", "INFO"), "cluster_current_epoch:");
        }
    }

    private static String line(String info, String beginning) {
        return info.lines().filter(line -> line.startsWith(beginning)).findFirst().orElseThrow();
    }

    private boolean isOver() {
        return !writer.isAlive();
    }

    private void write() {
        try {
            while (stopped.getCount() > 0) {
                try (var wire = Wire.to(primary)) {
                    for (int i = 0; i < WRITES_A_CONNECTION && stopped.getCount() > 0; i++) {
                        int number = acknowledged;
                        assertThat(wire.ask("SET", key(number), "" + number)).isEqualTo("OK");
                        acknowledged = number + 1;
                        stopped.await(BETWEEN_WRITES_MS, TimeUnit.MILLISECONDS);
                    }
                }
            }
        } catch (IOException | InterruptedException | AssertionError e) {
            trouble = e;
        }
    }

    private static String key(int number) {
        return "bystander:" + number;
    }

    /// How many of its writes have been acknowledged so far.
    int acknowledged() {
        return acknowledged;
    }

    /// Waits until so many more writes are acknowledged, or it has trouble.
    void awaitWrites(int more) {
        int before = acknowledged;
        await(
                "the bystander has written %d times more".formatted(more),
                () -> acknowledged >= before + more || isOver());
    }

    /// Ends the writing. It has seen no error and no reset, its cluster has had no event and no new
    /// term, and all that was acknowledged is there.
    void assertNoticedNothing() throws IOException, InterruptedException {
        awaitWrites(WRITES_A_CONNECTION + 1); // it is served after the attack too
        stopped.countDown();
        writer.join();
        assertThat(trouble).as("what the bystander of %s met", cluster).isNull();
        assertThat(api.messages(cluster)).isEqualTo(eventsBefore);
        assertThat(term()).isEqualTo(termBefore);
        try (var wire = Wire.to(primary)) {
            wire.sendAll(
                    IntStream.range(0, acknowledged)
                            .mapToObj(number -> List.of("GET", key(number)))
                            .toList());
            var read = new ArrayList<String>();
            for (int i = 0; i < acknowledged; i++) {
                read.add(wire.read());
            }
            assertThat(read)
                    .isEqualTo(
                            IntStream.range(0, acknowledged).mapToObj(Integer::toString).toList());
        }
    }

    @Override
    public void close() {
        stopped.countDown();
        writer.interrupt(); // in a pause between writes
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it ends by itself
        }
    }
}
