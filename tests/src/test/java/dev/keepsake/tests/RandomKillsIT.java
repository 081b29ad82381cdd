package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// For a minute every process is killed at random moments, several at once at times, while clients
/// do everything that clients do. What was acknowledged is there in the end, once and in order, on
/// every node.
class RandomKillsIT {
    private static final long KILLING_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int SOME = 20;

    // The same kills, as far as a real machine repeats itself.
    private static final String REPEAT =
            "mvn verify -pl tests -am -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false"
                    + " -Dit.test=RandomKillsIT -Dfailsafe.failIfNoSpecifiedTests=false -Dseed=";

    @TempDir Path data;

    @Test
    void whatWasAcknowledgedIsThere(TestReporter reporter) throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        reporter.publishEntry("repeat with", REPEAT + seed);
        var random = new Random(seed);
        var crews = new ArrayList<Crew>();
        try (var scene = Scene.onServerOfItsOwn(data, "doomed", Fault.SERVER_KILLED)) {
            try {
                for (var load : Load.values()) {
                    crews.add(new Crew(load, scene.shard()));
                }
                int kills = 0;
                long endNs = System.nanoTime() + KILLING_NS;
                while (System.nanoTime() < endNs) {
                    kill(scene, random);
                    kills++;
                    for (var crew : crews) {
                        crew.awaitAcknowledged(1 + random.nextInt(SOME));
                    }
                }
                scene.shard().awaitWhole();
                for (var crew : crews) {
                    crew.stop();
                    reporter.publishEntry(kills + " kills", crew.tally());
                }
                readBack(scene.shard(), crews);
            } finally {
                crews.forEach(Crew::close);
            }
        }
    }

    private static void kill(Scene scene, Random random) throws Exception {
        var nodes = scene.shard().nodes();
        switch (random.nextInt(4)) {
            case 0 -> scene.restartServer(() -> {});
            case 1 -> kill(scene, nodes);
            default -> kill(scene, List.of(nodes.get(random.nextInt(nodes.size()))));
        }
    }

    /// Those of the nodes that run; one may be on its way back from the kill before.
    private static void kill(Scene scene, List<Node> nodes) {
        scene.shard().kill(nodes.stream().filter(scene.shard()::hasEngine).toList());
    }

    /// Reads from every node, once it has all there is.
    private static void readBack(Shard shard, List<Crew> crews) throws Exception {
        try (var client = new ShardClient(shard.nodes())) {
            await(
                    "a last write",
                    () -> client.ask(List.of("SET", "end", "1")) instanceof Answer.Reply);
        }
        for (var node : shard.nodes()) {
            try (var reader = new Reader(node)) {
                await(node.name() + " has it", () -> reader.ask("GET", "end").equals("1"));
                crews.forEach(crew -> crew.check(reader));
            }
        }
    }
}
