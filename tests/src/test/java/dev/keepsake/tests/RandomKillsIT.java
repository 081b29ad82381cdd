package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static dev.keepsake.tests.Waiting.awaitPassed;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// For a minute every process is killed at random moments, several at once at times, some again
/// before they are back, while clients do everything that clients do, snapshots are taken and the
/// log is trimmed. What was acknowledged is there in the end, once and in order, on every node, and
/// the events tell of every recovery once.
class RandomKillsIT {
    private static final long KILLING_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int SOME = 20;
    private static final int IN_A_ROW_MAX = 4;

    @TempDir Path data;

    @Test
    void whatWasAcknowledgedIsThere(TestReporter reporter) throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        reporter.publishEntry("the kills again", replay(seed));
        try {
            run(new Random(seed), reporter);
        } catch (AssertionError | Exception e) {
            throw new AssertionError("the kills again: " + replay(seed), e);
        }
    }

    /// The same kills, as far as a real machine repeats itself.
    private static String replay(long seed) {
        return "mvn verify -pl tests -am -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false"
                + " -Dit.test=RandomKillsIT -Dfailsafe.failIfNoSpecifiedTests=false -Dseed="
                + seed;
    }

    private void run(Random random, TestReporter reporter) throws Exception {
        var crews = new ArrayList<Crew>();
        try (var scene = Scene.onProcessOfItsOwn(data, "doomed", Fault.SERVER_KILLED)) {
            try {
                for (var load : Load.values()) {
                    crews.add(new Crew(load, scene.shard()));
                }
                var before = scene.logFiles().segments().getFirst().getFileName();
                int kills = 0;
                long endNs = System.nanoTime() + KILLING_NS;
                while (System.nanoTime() < endNs) {
                    // All but the first hit whatever has come back, or is about to.
                    int inARow = 1 + random.nextInt(IN_A_ROW_MAX);
                    for (int i = 0; i < inARow; i++) {
                        kill(scene, random);
                        kills++;
                        await("some moment", () -> random.nextInt(10) == 0);
                    }
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
                awaitPassed(() -> assertRecoveriesAreTold(scene));
                assertThat(scene.logFiles().segments().getFirst().getFileName())
                        .as("the first file that is left of a log that was trimmed")
                        .isNotEqualTo(before);
            } finally {
                crews.forEach(Crew::close);
            }
        }
    }

    /// Each begins once before it ends, and all have ended.
    private static void assertRecoveriesAreTold(Scene scene) {
        var messages = scene.messages();
        var recovering = new HashSet<String>();
        for (var message : messages) {
            if (message.startsWith("Recovering nodes ")) {
                var node = message.substring("Recovering nodes ".length());
                assertThat(recovering.add(node)).as("%s of %s", message, messages).isTrue();
            } else if (message.startsWith("Finished recovery for nodes ")) {
                var node = message.substring("Finished recovery for nodes ".length());
                assertThat(recovering.remove(node)).as("%s of %s", message, messages).isTrue();
            }
        }
        assertThat(messages).isNotEmpty();
        assertThat(recovering).as("recoveries of %s that have not ended", messages).isEmpty();
    }

    private static void kill(Scene scene, Random random) throws Exception {
        var nodes = scene.shard().nodes();
        switch (random.nextInt(7)) {
            case 0 -> scene.restartServer(() -> {});
            case 1 -> scene.restartServerTwice(() -> random.nextInt(100) == 0);
            case 2 -> kill(scene, nodes);
            case 3 -> scene.shard().killHelpers();
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
