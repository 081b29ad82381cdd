package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.memorydb.model.Node;

/// The one rule: a reply leaves only when what it tells is in the transaction log. On the engine
/// that servers find here; with `-Dengines=all` on every installed one, too.
@ParameterizedClass(name = "{0}")
@MethodSource("dev.keepsake.tests.EngineRuns#usual")
class DurabilityIT {
    private static final int A_WHILE_MS = 150;

    private final EngineRuns.Run on;
    @TempDir Path directory;
    private final List<GatedLog> logs = new CopyOnWriteArrayList<>();
    private TestServer server;
    private Node primary;

    DurabilityIT(EngineRuns.Run on) {
        this.on = on;
    }

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start(directory, ShardLogs.gated(logs), on.program());
        primary =
                server.api()
                        .create("demo", 1, 1, 0, server.endpointPort())
                        .shards()
                        .getFirst()
                        .nodes()
                        .getFirst();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aWriteIsAnsweredWhenItIsDurableAndNotBefore() throws IOException {
        try (var writer = Wire.to(primary)) {
            logs.getFirst().hold();
            writer.send("SET", "k", "v");
            assertThat(writer.hasReplyWithin(A_WHILE_MS)).isFalse();
            logs.getFirst().letGo();
            assertThat(writer.read()).isEqualTo("OK");
        }
    }

    @Test
    void nobodySeesAWriteThatIsNotDurableAndOtherReadsDoNotWait() throws IOException {
        try (var writer = Wire.to(primary);
                var reader = Wire.to(primary);
                var scanner = Wire.to(primary);
                var script = Wire.to(primary);
                var transaction = Wire.to(primary)) {
            writer.ask("SET", "clean", "1");
            logs.getFirst().hold();
            writer.send("SET", "dirty", "2");
            assertThat(reader.ask("GET", "clean")).isEqualTo("1");
            assertThat(reader.ask("STRLEN", "absent")).isEqualTo("0");

            reader.send("GET", "dirty");
            scanner.send("SCAN", "0");
            script.send("EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "dirty");
            transaction.ask("MULTI");
            transaction.ask("GET", "dirty");
            transaction.send("EXEC");
            for (var waiting : List.of(writer, reader, scanner, script, transaction)) {
                assertThat(waiting.hasReplyWithin(A_WHILE_MS)).isFalse();
            }

            logs.getFirst().letGo();
            assertThat(writer.read()).isEqualTo("OK");
            assertThat(reader.read()).isEqualTo("2");
            assertThat(scanner.read()).contains("clean").contains("dirty");
            assertThat(script.read()).isEqualTo("2");
            assertThat(transaction.read()).isEqualTo("[2]");
            assertThat(reader.ask("GET", "dirty")).isEqualTo("2");
        }
    }

    /// Counting a HyperLogLog writes the count into it.
    @Test
    void nobodySeesACountThatWasWrittenIntoTheDataAndIsNotDurable() throws IOException {
        try (var counter = Wire.to(primary);
                var reader = Wire.to(primary)) {
            assertThat(counter.ask("PFADD", "hll", "a", "b")).isEqualTo("1");
            logs.getFirst().hold();
            counter.send("PFCOUNT", "hll");
            await("the count is on its way", () -> logs.getFirst().heldAppends() > 0);
            reader.send("GET", "hll");
            assertThat(reader.hasReplyWithin(A_WHILE_MS)).isFalse();
            logs.getFirst().letGo();
            assertThat(counter.read()).isEqualTo("2");
            assertThat(reader.read()).startsWith("HYLL");
            assertThat(reader.ask("GET", "hll")).startsWith("HYLL");
        }
    }

    @Test
    void nobodyHearsOfALibraryThatIsNotDurable() throws IOException {
        try (var loader = Wire.to(primary);
                var lister = Wire.to(primary);
                var counter = Wire.to(primary)) {
            logs.getFirst().hold();
            loader.send(
                    "FUNCTION",
                    "LOAD",
                    "#!lua name=lib\nredis.register_function('one', function() return 1 end)");
            await("it is on its way", () -> logs.getFirst().heldAppends() > 0);
            lister.send("FUNCTION", "LIST");
            counter.send("FUNCTION", "STATS");
            for (var waiting : List.of(loader, lister, counter)) {
                assertThat(waiting.hasReplyWithin(A_WHILE_MS)).isFalse();
            }
            logs.getFirst().letGo();
            assertThat(loader.read()).isEqualTo("lib");
            assertThat(lister.read()).contains("one");
            assertThat(counter.read()).contains("functions_count 1");
        }
    }

    /// What the engine says so is told at once, for it tells nothing of the data.
    @Test
    void aScriptThatSaysTheEngineIsBusyTellsNothingThatIsNotDurable() throws IOException {
        String busy =
                "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN"
                        + " NOSAVE.";
        String same = "return redis.call('GET', KEYS[1]) == 'v' and redis.error_reply('%s')";
        try (var writer = Wire.to(primary);
                var one = Wire.to(primary);
                var another = Wire.to(primary);
                var bound = Wire.to(primary)) {
            assertThat(bound.ask("WATCH", "k")).isEqualTo("OK");
            logs.getFirst().hold();
            writer.send("SET", "k", "v");
            await("it is on its way", () -> logs.getFirst().heldAppends() > 0);
            one.send(
                    "EVAL",
                    "return redis.error_reply('%s' .. redis.call('GET', KEYS[1]))".formatted(busy),
                    "1",
                    "k");
            another.send("EVAL", same.formatted(busy), "1", "k");
            bound.send("EVAL_RO", same.formatted(busy), "1", "k");
            for (var waiting : List.of(writer, one, another, bound)) {
                assertThat(waiting.hasReplyWithin(A_WHILE_MS)).isFalse();
            }
            logs.getFirst().letGo();
            assertThat(writer.read()).isEqualTo("OK");
            assertThat(one.read()).isEqualTo("-" + busy + "v");
            assertThat(another.read()).isEqualTo("-" + busy);
            assertThat(bound.read()).isEqualTo("-" + busy);
        }
    }

    @Test
    void aBlockedClientIsToldOfItsItemWhenThePopIsDurable() throws IOException {
        try (var waiting = Wire.to(primary);
                var pusher = Wire.to(primary);
                var reader = Wire.to(primary)) {
            waiting.send("BLMOVE", "{k}src", "{k}dst", "LEFT", "LEFT", "0");
            assertThat(waiting.hasReplyWithin(A_WHILE_MS)).isFalse();
            logs.getFirst().hold();
            pusher.send("LPUSH", "{k}src", "item");
            reader.send("LLEN", "{k}dst");
            for (var each : List.of(waiting, pusher, reader)) {
                assertThat(each.hasReplyWithin(A_WHILE_MS)).isFalse();
            }
            logs.getFirst().letGo();
            assertThat(waiting.read()).isEqualTo("item");
            assertThat(pusher.read()).isEqualTo("1");
            assertThat(reader.read()).isIn("0", "1"); // it came before or after the push
        }
    }

    /// A replica's client has it published on the primary, whose engine does so at once.
    @Test
    void whatIsPublishedByWayOfAReplicaIsToldToNobodyBeforeItIsDurable() throws IOException {
        var replica = server.api().node("demo", 0, 1);
        try (var publisher = Wire.to(replica);
                var subscriber = Wire.to(primary);
                var subscriberOfReplica = Wire.to(replica)) {
            publisher.ask("READONLY");
            assertThat(subscriber.ask("SUBSCRIBE", "c")).isEqualTo("[subscribe c 1]");
            assertThat(subscriberOfReplica.ask("SUBSCRIBE", "c")).isEqualTo("[subscribe c 1]");
            logs.getFirst().hold();
            publisher.send("PUBLISH", "c", "m");
            await("it is on its way", () -> logs.getFirst().heldAppends() > 0);
            for (var each : List.of(publisher, subscriber, subscriberOfReplica)) {
                assertThat(each.hasReplyWithin(A_WHILE_MS)).isFalse();
            }
            logs.getFirst().letGo();
            assertThat(publisher.read()).isEqualTo("1");
            assertThat(subscriber.read()).isEqualTo("[message c m]");
            assertThat(subscriberOfReplica.read()).isEqualTo("[message c m]");
        }
    }

    /// The second one waits in the engine when the first one's reply is passed on.
    @Test
    void whatABlockedClientHasSentAheadIsNotSeenBeforeItIsDurable() throws IOException {
        try (var waiting = Wire.to(primary);
                var pusher = Wire.to(primary);
                var reader = Wire.to(primary)) {
            waiting.send("BLMOVE", "{k}src1", "{k}dst1", "LEFT", "LEFT", "0");
            waiting.send("BLMOVE", "{k}src2", "{k}dst2", "LEFT", "LEFT", "0");
            assertThat(pusher.ask("LPUSH", "{k}src1", "item1")).isEqualTo("1");
            assertThat(waiting.read()).isEqualTo("item1");
            assertThat(reader.ask("LLEN", "{k}dst1")).isEqualTo("1");
            logs.getFirst().hold();
            pusher.send("LPUSH", "{k}src2", "item2");
            await("the move is on its way", () -> logs.getFirst().heldAppends() > 0);
            reader.send("LLEN", "{k}dst2");
            for (var each : List.of(waiting, pusher, reader)) {
                assertThat(each.hasReplyWithin(A_WHILE_MS)).isFalse();
            }
            logs.getFirst().letGo();
            assertThat(waiting.read()).isEqualTo("item2");
            assertThat(reader.read()).isEqualTo("1");
        }
    }

    @Test
    void aTransactionThatBeginsWhileANodeIsLoadingIsAbortedAsAWhole() throws IOException {
        var replica = server.api().node("demo", 0, 1);
        try (var writer = Wire.to(primary)) {
            assertThat(writer.ask("SET", "k", "v")).isEqualTo("OK");
        }
        logs.getFirst().holdReads();
        new Engines(directory).kill(List.of(replica));
        await("it is loading", () -> answers(replica, "DBSIZE").startsWith("-LOADING"));
        try (var wire = Wire.to(replica)) {
            assertThat(wire.ask("READONLY")).isEqualTo("OK");
            assertThat(wire.ask("MULTI")).isEqualTo("OK");
            assertThat(wire.ask("GET", "k")).startsWith("-LOADING");
            logs.getFirst().letReadsGo();
            await("it serves", () -> answers(replica, "DBSIZE").equals("1"));
            assertThat(wire.ask("GET", "k")).startsWith("-LOADING");
            assertThat(wire.ask("MULTI")).isEqualTo("-ERR MULTI calls can not be nested");
            assertThat(wire.ask("EXEC")).startsWith("-EXECABORT");
            assertThat(wire.ask("GET", "k")).isEqualTo("v");
        } finally {
            logs.getFirst().letReadsGo();
        }
    }

    @Test
    void aTransactionOnALaneThatHadSubscriptionsWaitsAsAnyOther() throws IOException {
        try (var wire = Wire.to(primary)) {
            assertThat(wire.ask("SUBSCRIBE", "a")).isEqualTo("[subscribe a 1]");
            assertThat(wire.ask("PING")).isEqualTo("[pong ]");
            assertThat(wire.ask("UNSUBSCRIBE")).isEqualTo("[unsubscribe a 0]");
            logs.getFirst().hold();
            assertThat(wire.ask("MULTI")).isEqualTo("OK");
            assertThat(wire.ask("SET", "k", "v")).isEqualTo("QUEUED");
            wire.send("EXEC");
            assertThat(wire.hasReplyWithin(A_WHILE_MS)).isFalse();
            logs.getFirst().letGo();
            assertThat(wire.read()).isEqualTo("[OK]");
        }
    }

    @Test
    void repliesOfOneClientStayInOrderThoughOnlySomeWait() throws IOException {
        try (var wire = Wire.to(primary)) {
            logs.getFirst().hold();
            wire.send("SET", "k", "v");
            wire.send("GET", "other");
            wire.send("PING");
            wire.send("CLIENT", "GETNAME");
            assertThat(wire.hasReplyWithin(A_WHILE_MS)).isFalse();
            logs.getFirst().letGo();
            assertThat(wire.read()).isEqualTo("OK");
            assertThat(wire.read()).isEqualTo("nil");
            assertThat(wire.read()).isEqualTo("PONG");
            assertThat(wire.read()).isEqualTo("nil");
        }
    }

    @Test
    void anUnknownOutcomeIsNeverAnsweredAndTheEngineThatExecutedItIsThrownAway()
            throws IOException {
        try (var writer = Wire.to(primary);
                var reader = Wire.to(primary)) {
            writer.ask("SET", "kept", "1");
            logs.getFirst().hold();
            writer.send("SET", "lost", "2");
            reader.send("GET", "lost");
            await("the write is on its way", () -> logs.getFirst().heldAppends() > 0);
            logs.getFirst().loseHeld();

            assertThatThrownBy(writer::read).isInstanceOf(IOException.class);
            assertThatThrownBy(reader::read).isInstanceOf(IOException.class);
        }
        var promoted = server.api().node("demo", 0, 1);
        await("a new primary serves", () -> answers(promoted, "GET", "kept").equals("1"));
        assertThat(answers(promoted, "GET", "lost")).isEqualTo("nil");
        await("the old one follows", () -> answers(primary, "ROLE").startsWith("[slave"));
    }

    private static String answers(Node node, String... command) {
        try (var wire = Wire.to(node)) {
            return wire.ask(command);
        } catch (IOException e) {
            return "no reply: " + e.getMessage();
        }
    }
}
