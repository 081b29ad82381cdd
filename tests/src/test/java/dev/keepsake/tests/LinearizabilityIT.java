package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.shard.HoldRule;
import dev.keepsake.tests.KeyCommand.Append;
import dev.keepsake.tests.KeyCommand.Get;
import dev.keepsake.tests.KeyCommand.GetDel;
import dev.keepsake.tests.KeyCommand.Incr;
import dev.keepsake.tests.KeyCommand.LRange;
import dev.keepsake.tests.KeyCommand.RPush;
import dev.keepsake.tests.KeyCommand.Set;
import dev.keepsake.tests.LinearizabilityChecker.Verdict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Tag;

/// Clients that share keys while their shard fails see one order of everything, in which nothing
/// that one of them was told is ever taken back. And if they did not, this test would notice.
class LinearizabilityIT {
    private static final int CLIENTS = 8;
    private static final int LAG_MS = 200;
    private static final int LATE_MS = 100;
    private static final int ROUNDS_MAX = 5;
    private static final String MODE = "keepsake:failover-mode";

    private enum Key {
        REGISTER,
        COUNTER,
        TEXT,
        LIST;

        /// Any command for this key.
        ///
        /// @param id told nowhere else
        KeyCommand command(RandomGenerator random, int id) {
            int chance = random.nextInt(6);
            return switch (this) {
                case REGISTER ->
                        switch (chance) {
                            case 0, 1 -> new Set("v" + id);
                            case 2 -> new GetDel();
                            default -> new Get();
                        };
                case COUNTER ->
                        switch (chance) {
                            case 0 -> new Set("" + id);
                            case 1, 2 -> new Get();
                            default -> new Incr();
                        };
                case TEXT ->
                        switch (chance) {
                            case 0 -> new GetDel();
                            case 1, 2 -> new Get();
                            default -> new Append("-" + id);
                        };
                case LIST -> chance < 3 ? new RPush("i" + id) : new LRange();
            };
        }
    }

    @TempDir Path directory;
    private int nextId;

    private interface Happening {
        void happen() throws Exception;
    }

    private interface Strike {
        void at(TestServer server, Shard shard) throws Exception;
    }

    @Test
    void everyKeyIsLinearizableWhileItsShardFailsInEveryWay() throws Exception {
        var strikes = new LinkedHashMap<String, Strike>();
        strikes.put("crash", (server, _) -> failOver(server, "crash"));
        strikes.put("engine killed", (_, shard) -> shard.kill(List.of(shard.primary())));
        strikes.put("silent", (server, _) -> failOver(server, "silent"));
        strikes.put("engine hangs", (_, shard) -> shard.hang(List.of(shard.primary())));
        strikes.put("handover", (server, _) -> failOver(server, "handover"));
        strikes.put("all engines killed", (_, shard) -> shard.kill(shard.nodes()));
        var history = new History();
        var parts = SmallServer.parts(new SmallDisk());
        try (var server = TestServer.start(directory, parts, SmallServer.tuning())) {
            server.api().create("demo", 1, 1, LAG_MS, server.endpointPort());
            var shard = new Shard(server.api(), "demo", directory);
            for (var strike : strikes.values()) {
                load(history, shard, 150, () -> strike.at(server, shard));
                awaitRecovered(server, shard);
            }
            load(history, shard, 10, () -> {});
        }
        assertThat(history.unknown()).as("operations that a fault has cut short").isPositive();
        assertThat(history.verdicts())
                .hasSize(Key.values().length)
                .allSatisfy((key, verdict) ->
                        assertThat(verdict).as(key).isEqualTo(new Verdict.Linearizable()));
    }

    private static void failOver(TestServer server, String mode) {
        var api = server.api();
        api.client()
                .tagResource(request ->
                        request.resourceArn(api.describe("demo").arn())
                                .tags(Tag.builder().key(MODE).value(mode).build()));
        api.failOver("demo", "0001");
    }

    private static void awaitRecovered(TestServer server, Shard shard) {
        shard.awaitWhole();
        await(
                "every recovery is told",
                () -> {
                    var messages = server.api().messages("demo");
                    return count(messages, "Recovering") == count(messages, "Finished recovery");
                });
    }

    private static long count(List<String> messages, String beginning) {
        return messages.stream().filter(message -> message.startsWith(beginning)).count();
    }

    @Test
    void aLateLogIsNoExcuse() throws Exception {
        assertThat(verdictsOverALateLog(HoldRule.ALL, 40, directory))
                .containsOnly(new Verdict.Linearizable());
    }

    @Test
    void repliesThatDoNotWaitForTheLogAreFound() throws Exception {
        assertViolatedSoon(HoldRule.NOTHING, 300);
    }

    @Test
    void readsThatTellWhatIsNotInTheLogAreFound() throws Exception {
        assertViolatedSoon(HoldRule.WRITES_ONLY, 40);
    }

    private void assertViolatedSoon(HoldRule hold, int operationsEach) throws Exception {
        boolean found = false;
        for (int round = 0; round < ROUNDS_MAX && !found; round++) {
            var data = directory.resolve("round-" + round);
            found =
                    verdictsOverALateLog(hold, operationsEach, data).stream()
                            .anyMatch(Verdict.Violated.class::isInstance);
        }
        assertThat(found).as("a violation under the rule %s", hold).isTrue();
    }

    /// One failover with a log that is always behind, and a look at what is left then.
    private Collection<Verdict> verdictsOverALateLog(HoldRule hold, int operationsEach, Path data)
            throws Exception {
        var seen = new History();
        try (var server =
                TestServer.start(data, LateServer.parts(LATE_MS, hold), LateServer.tuning())) {
            server.api().create("demo", 1, 1, 0, server.endpointPort());
            var shard = new Shard(server.api(), "demo", data);
            load(seen, shard, operationsEach, () -> server.api().failOver("demo", "0001"));
            load(seen, shard, 5, () -> {});
        }
        return seen.verdicts().values();
    }

    /// Lets every client execute some operations; once a third of them are done, the fault happens.
    private void load(History seen, Shard shard, int operationsEach, Happening fault)
            throws Exception {
        var aThird = new CountDownLatch(CLIENTS * operationsEach / 3);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var clients = new ArrayList<Future<?>>();
            for (int i = 0; i < CLIENTS; i++) {
                int firstId = nextId;
                nextId += operationsEach;
                var name = "client-" + i;
                clients.add(
                        threads.submit(
                                () -> run(seen, shard, name, firstId, operationsEach, aThird)));
            }
            await("a third is done", () -> aThird.getCount() == 0);
            fault.happen();
            for (var client : clients) {
                Waiting.resultOf("a client's end", client);
            }
        }
    }

    private static void run(
            History seen,
            Shard shard,
            String name,
            int firstId,
            int operations,
            CountDownLatch done) {
        var random = new Random(firstId);
        var keys = Key.values();
        try (var client = new ShardClient(shard.nodes())) {
            for (int id = firstId; id < firstId + operations; id++) {
                var key = keys[random.nextInt(keys.length)];
                seen.execute(client, name, key.name(), key.command(random, id));
                done.countDown();
            }
        }
    }
}
