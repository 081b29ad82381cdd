package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.front.AccessUser;
import dev.keepsake.front.PublishRelay;
import dev.keepsake.resp.RespValue;
import dev.keepsake.shard.Publication;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a node does while a script keeps its engine from answering anything but `-BUSY`, and
/// afterwards.
class BusyEngineIT {
    private static final AccessUser DEFAULT = AccessUser.unrestrictedDefault();

    // Four tries of what is tried again every 100 ms.
    private static final int SOME_TRIES_MS = 400;

    @TempDir static Path directory;
    private static ServedNode node;
    private Wire runaway;
    private Wire bystander;

    @BeforeAll
    static void start() throws Exception {
        node = ServedNode.startDurable(directory);
        node.engine().command("CONFIG", "SET", "busy-reply-threshold", "50");
    }

    @AfterAll
    static void stop() throws IOException {
        node.close();
    }

    @BeforeEach
    void connect() throws IOException {
        runaway = node.connect();
        bystander = node.connect();
        bystander.ask("HELLO", "3"); // over another lane than the script's
    }

    @AfterEach
    void disconnect() throws IOException {
        runaway.close();
        bystander.close();
    }

    private void keepBusy() throws IOException {
        runaway.send("EVAL", "while true do end", "0");
        await("the engine is busy", () -> answerToPing().startsWith("-BUSY"));
    }

    private String answerToPing() {
        return asks("PING");
    }

    private void kill() throws IOException {
        assertThat(node.engine().command("SCRIPT", "KILL"))
                .isEqualTo(new RespValue.SimpleString("OK"));
        assertThat(runaway.read()).contains("Script killed");
    }

    @Test
    void aListOfUsersIsTakenWhenTheScriptEndsAndNobodyIsShutOutBefore() throws Exception {
        var added = new AccessUser("late", true, true, Set.of(), false, "~* +@all -cluster|slots");
        keepBusy();
        node.front().permit(List.of(DEFAULT, added));
        assertThat(bystander.hasReplyWithin(SOME_TRIES_MS)).isFalse(); // nor is it closed
        assertThat(answerToPing()).startsWith("-BUSY");
        assertThat(node.front().admittedUsers()).containsExactly("default");
        kill();
        await("both are let in", () -> node.front().admittedUsers().size() == 2);
        assertThat(answerToPing()).isEqualTo("PONG");
        try (var wire = node.connect()) {
            assertThat(wire.ask("AUTH", "late", "any")).isEqualTo("OK");
            assertThat(wire.ask("CLUSTER", "SLOTS")).startsWith("-NOPERM");
            assertThat(wire.ask("CLUSTER", "MYID")).doesNotStartWith("-");
            // What was learned of the rules holds while there is no engine to ask.
            node.front().stopServing();
            assertThat(wire.ask("CLUSTER", "SLOTS")).startsWith("-NOPERM");
            assertThat(wire.ask("CLUSTER", "MYID")).doesNotStartWith("-");
            node.front().servePrimary(node.engine().socket(), () -> true).get(60, SECONDS);
        }
    }

    @Test
    void whatTheFrontAsksTheEngineForAClientIsRefusedAsTheEngineDoes() throws IOException {
        try (var blocked = node.connect();
                var stranger = node.connect()) {
            long id = Long.parseLong(blocked.ask("CLIENT", "ID"));
            blocked.send("BLPOP", "none", "0");
            await("it is blocked", () -> unblocks(id));
            assertThat(blocked.read()).isEqualTo("nil");
            blocked.send("BLPOP", "none", "0");
            await("it is blocked", () -> clientInfo(id).contains("cmd=blpop"));
            assertThat(stranger.ask("AUTH", "nobody", "any")).startsWith("-WRONGPASS");
            keepBusy();
            assertThat(bystander.ask("CLIENT", "UNBLOCK", Long.toString(id))).startsWith("-BUSY");
            assertThat(bystander.ask("ACL", "LOG", "RESET")).startsWith("-BUSY");
            assertThat(bystander.ask("ACL", "LOG")).startsWith("-BUSY");
            kill();
            assertThat(bystander.ask("ACL", "LOG")).contains("nobody");
            assertThat(unblocks(id)).isTrue();
            assertThat(blocked.read()).isEqualTo("nil");
        }
    }

    private boolean unblocks(long id) {
        return asks("CLIENT", "UNBLOCK", Long.toString(id)).equals("1");
    }

    private String clientInfo(long id) {
        return asks("CLIENT", "LIST", "ID", Long.toString(id));
    }

    private String asks(String... command) {
        try {
            return bystander.ask(command);
        } catch (IOException e) {
            throw new AssertionError("the node closed a bystander's connection", e);
        }
    }

    /// Else the next one that says the same would be taken for it, and not be relayed.
    @Test
    void aPublicationOfAnotherShardThatTheEngineRefusesIsNotAwaited() throws Exception {
        var message = new Publication("c".getBytes(UTF_8), "m".getBytes(UTF_8));
        var relayed = new AtomicInteger();
        keepBusy();
        node.front().publishFromAnotherShard(message);
        assertThat(node.front().publish(message)).failsWithin(60, SECONDS); // behind it
        kill();
        node.front().relayVia(counting(relayed));
        node.front().onPublished(message); // by a client of this node
        await("it is relayed", () -> relayed.get() == 1);
        node.front().relayVia(PublishRelay.none());
    }

    private static PublishRelay counting(AtomicInteger relayed) {
        return new PublishRelay() {
            @Override
            public CompletableFuture<Long> atPrimary(String of, Publication publication) {
                return PublishRelay.none().atPrimary(of, publication);
            }

            @Override
            public void toOtherShards(String of, Publication publication) {
                relayed.incrementAndGet();
            }
        };
    }

    @Test
    void theKeysOfASlotAreNotSaidToBeNone() throws IOException {
        bystander.ask("SET", "foo", "in slot 12182");
        keepBusy();
        assertThat(bystander.ask("CLUSTER", "COUNTKEYSINSLOT", "12182")).startsWith("-BUSY");
        assertThat(bystander.ask("CLUSTER", "GETKEYSINSLOT", "12182", "1")).startsWith("-BUSY");
        kill();
        assertThat(bystander.ask("CLUSTER", "COUNTKEYSINSLOT", "12182")).isEqualTo("1");
        assertThat(bystander.ask("CLUSTER", "GETKEYSINSLOT", "12182", "1")).isEqualTo("[foo]");
    }

    @Test
    void whoTracksForAnotherIsAnsweredWhenTheScriptEnds() throws IOException {
        try (var tracking = node.connect()) {
            var id = bystander.ask("CLIENT", "ID");
            keepBusy();
            tracking.send("CLIENT", "TRACKING", "ON", "REDIRECT", id);
            assertThat(tracking.hasReplyWithin(50)).isFalse();
            kill();
            assertThat(tracking.read()).isEqualTo("OK");
        }
    }
}
