package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.front.FrontOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a front holds back until it is durable, seen at the front itself: no test here relies on
/// how long something takes.
class HeldRepliesIT {
    private static final String FULL = "no space left for /log; the node takes no writes";
    private static final String GIVEN_UP = "-MISCONF " + FULL + "; this reply depends on";
    private static final String LARGE = "v".repeat(2 << 20);

    @TempDir static Path directory;
    private static ServedNode node;
    private Observer observer;

    @BeforeAll
    static void start() throws Exception {
        node = ServedNode.start(directory, FrontOptions.standard().waitingForRoom(200));
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    @BeforeEach
    void observe() throws IOException {
        node.makeDurable();
        observer = new Observer(node);
    }

    @AfterEach
    void settle() throws IOException {
        node.lease().renew();
        node.front().refuseWrites(null);
        node.engine().command("FLUSHALL");
        node.makeDurable();
        observer.close();
    }

    // ---- replies that are not wanted

    /// What follows a write whose reply is not wanted tells that it was executed.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "WAIT 0 0",
                "PING",
                "ECHO x",
                "GET clean",
                "MGET clean other",
                "CLIENT ID",
                "CLIENT REPLY ON",
                "CLUSTER KEYSLOT k",
                "CLUSTER COUNTKEYSINSLOT 1",
                "CLIENT UNBLOCK 9999",
                "ACL LOG",
                "ACL WHOAMI",
                "INFO server",
                "HELLO 3",
                "RESET",
                "QUIT",
                "NOSUCH",
                "GET",
                "WATCH clean",
                "MULTI",
                "SUBSCRIBE c",
                "CLIENT TRACKINGINFO"
            })
    void whatFollowsAMutedWriteWaitsUntilThatIsDurable(String follower) throws IOException {
        try (var wire = observer.connect(node)) {
            wire.send("CLIENT", "REPLY", "SKIP");
            wire.send("SET", "k", "v");
            wire.send(follower.split(" ", -1));
            observer.awaitHeld(wire, 2, follower);
            node.makeDurable();
            assertThat(awaitReply(wire)).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET k v",
                "APPEND k large",
                "MULTI;SET k v;EXEC",
                "WATCH k;MULTI;SET k v;EXEC;UNWATCH",
                "EVAL return{redis.call('SET',KEYS[1],'v')} 1 k",
                "BLMOVE {k}l {k}m LEFT LEFT 0",
                "CLIENT TRACKING ON;SET k v",
                "PUBLISH c m",
                "FUNCTION FLUSH"
            })
    void whateverIsWrittenByWhoeverWantsNoReplies(String commands) throws IOException {
        node.engine().command("RPUSH", "{k}l", "item");
        node.makeDurable();
        try (var wire = observer.connect(node)) {
            wire.ask("HELLO", "3");
            wire.send("CLIENT", "REPLY", "OFF");
            for (var command : commands.split(";", -1)) {
                wire.send(command.replace("large", LARGE).split(" ", -1));
            }
            wire.send("CLIENT", "REPLY", "ON");
            observer.awaitHeld(wire, 2, commands);
            node.makeDurable();
            assertThat(awaitReply(wire)).isEqualTo("OK");
        }
    }

    /// What is sent in pieces while it arrives is swallowed in pieces, and waits as well.
    @Test
    void aLargeReplyThatIsNotWantedKeepsItsPlaceToo() throws IOException {
        node.engine().command("SET", "large", LARGE);
        node.makeDurable();
        try (var wire = observer.connect(node)) {
            wire.send("CLIENT", "REPLY", "SKIP");
            wire.send("GETSET", "large", "small");
            wire.send("PING");
            observer.awaitHeld(wire, 2, "PING");
            node.makeDurable();
            assertThat(awaitReply(wire)).isEqualTo("PONG");
        }
    }

    /// Confirmations are no replies to be swallowed, as in Redis; and what comes behind is told.
    @Test
    void onlyTheReplyOfTheVeryNextCommandIsSkipped() throws IOException {
        try (var wire = node.connect()) {
            wire.send("CLIENT", "REPLY", "SKIP");
            wire.send("SUBSCRIBE", "a", "b");
            wire.send("PING");
            wire.send("UNSUBSCRIBE");
            wire.send("CLIENT", "REPLY", "SKIP");
            wire.send("CLIENT", "REPLY", "SKIP");
            wire.send("ECHO", "1");
            wire.send("ECHO", "2");
            node.makeDurable();
            var replies = new ArrayList<String>();
            for (int i = 0; i < 6; i++) {
                replies.add(awaitReply(wire));
            }
            assertThat(replies.subList(0, 3))
                    .containsExactly("[subscribe a 1]", "[subscribe b 2]", "[pong ]");
            assertThat(replies.subList(3, 5)).allMatch(reply -> reply.startsWith("[unsubscribe "));
            assertThat(replies.get(5)).isEqualTo("2");
        }
    }

    @Test
    void aMutedClientIsResetWhenItsNodeIsThrownAway() throws Exception {
        try (var other = ServedNode.start(directory.resolve("a"), FrontOptions.standard());
                var watcher = new Observer(other);
                var wire = watcher.connect(other)) {
            wire.send("CLIENT", "REPLY", "SKIP");
            wire.send("SET", "k", "v");
            watcher.awaitHeld(wire, 1, "nothing");
            other.front().stopServing();
            assertThatThrownBy(wire::read).isInstanceOf(IOException.class);
        }
    }

    @Test
    void whoeverWritesWithoutEndAndWantsNoRepliesHasAPlaceATurnAndNotAReply() throws IOException {
        int writes = 5_000;
        try (var wire = observer.connect(node)) {
            var commands = new ArrayList<List<String>>();
            commands.add(List.of("CLIENT", "REPLY", "OFF"));
            for (int i = 0; i < writes; i++) {
                commands.add(List.of("INCR", "k"));
            }
            wire.sendAll(commands);
            await("all is executed", () -> inEngine("GET", "k").equals("" + writes));
            assertThat(observer.held(wire)).isPositive().isLessThan(writes / 2);
            wire.send("CLIENT", "REPLY", "ON");
            observer.awaitHeld(wire, 2, "OK");
            node.makeDurable();
            assertThat(awaitReply(wire)).isEqualTo("OK");
        }
    }

    // ---- reads of several keys

    /// `D` is being written, `C` is not.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "MGET {k}C {k}D",
                "MGET {k}D {k}C",
                "MGET {k}C {k}D {k}C",
                "EXISTS {k}C {k}D",
                "TOUCH {k}C {k}D",
                "SINTER {k}C {k}D",
                "SUNION {k}D {k}C",
                "SDIFF {k}C {k}D",
                "SINTERCARD 2 {k}C {k}D",
                "ZUNION 2 {k}C {k}D",
                "ZINTER 2 {k}D {k}C",
                "ZDIFF 2 {k}C {k}D",
                "ZINTERCARD 2 {k}C {k}D",
                "LCS {k}C {k}D",
                "LCS {k}D {k}C",
                "PFCOUNT {k}C {k}D",
                "XREAD STREAMS {k}C {k}D 0 0",
                "XREAD COUNT 1 STREAMS {k}D {k}C 0 0"
            })
    void aReadOfSeveralKeysWaitsWhenOneOfThemIsBeingWritten(String read) throws IOException {
        try (var writer = observer.connect(node);
                var reader = observer.connect(node);
                var clean = observer.connect(node)) {
            writer.send("SET", "{k}D", "1");
            observer.awaitHeld(writer, 1, "the write");
            reader.send(read.split(" ", -1));
            observer.awaitHeld(reader, 1, read);
            if (!read.startsWith("PFCOUNT")) { // which may write
                var ofClean = read.replace("{k}D", "{k}F").split(" ");
                assertThat(clean.ask(ofClean)).as("of clean keys").isNotNull();
            }
            node.makeDurable();
            assertThat(awaitReply(reader)).isNotNull();
        }
    }

    /// A mark is taken off when the write is durable, not when its reply has arrived.
    @Test
    void aKeyIsDirtyForAsLongAsItsWriteIsNotDurable() throws IOException {
        try (var writer = observer.connect(node);
                var reader = observer.connect(node)) {
            writer.send("SET", "k", "v");
            observer.awaitHeld(writer, 1, "the write");
            reader.send("GET", "k");
            observer.awaitHeld(reader, 1, "the read");
            node.makeDurable();
            assertThat(awaitReply(reader)).isEqualTo("v");
        }
    }

    /// Its key is the one behind the last STREAMS, not the consumer's name.
    @Test
    void whatAConsumerWithAnOddNameHasTakenIsNotSeenBeforeItIsDurable() throws IOException {
        node.engine().command("XGROUP", "CREATE", "s", "g", "0", "MKSTREAM");
        node.engine().command("XADD", "s", "1-1", "a", "1");
        node.makeDurable();
        try (var consumer = observer.connect(node);
                var reader = observer.connect(node)) {
            consumer.send("XREADGROUP COUNT 1 GROUP g STREAMS STREAMS s >".split(" ", -1));
            observer.awaitHeld(consumer, 1, "the consumer's reply");
            reader.send("XPENDING", "s", "g");
            observer.awaitHeld(reader, 1, "XPENDING");
            node.makeDurable();
            assertThat(awaitReply(reader)).isEqualTo("[1 1-1 1-1 [[STREAMS 1]]]");
        }
    }

    /// They come over the front's own lane.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CLUSTER COUNTKEYSINSLOT 12539",
                "CLUSTER GETKEYSINSLOT 12539 10",
                "CLIENT UNBLOCK 9999",
                "ACL LOG",
                "ACL DRYRUN default GET k"
            })
    void whatTheFrontAsksForAClientWaitsAsAnyOtherReply(String question) throws IOException {
        try (var writer = observer.connect(node);
                var asker = observer.connect(node)) {
            writer.send("SET", "k", "v");
            observer.awaitHeld(writer, 1, "the write");
            asker.send(question.split(" ", -1));
            observer.awaitHeld(asker, 1, question);
            node.makeDurable();
            assertThat(awaitReply(asker)).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "server",
                "clients",
                "memory",
                "replication",
                "cpu",
                "modules",
                "cluster",
                "SERVER Memory"
            })
    void infoOfTheProcessLeavesAtOnce(String sections) throws IOException {
        try (var writer = observer.connect(node);
                var asker = node.connect()) {
            writer.send("SET", "k", "v");
            observer.awaitHeld(writer, 1, "the write");
            assertThat(asker.ask(("INFO " + sections).split(" ", -1)))
                    .contains("# ")
                    .doesNotContain("executable:");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "all",
                "everything",
                "default",
                "keyspace",
                "persistence",
                "stats",
                "commandstats",
                "errorstats",
                "latencystats",
                "nosuch",
                "server keyspace"
            })
    void infoOfWhatHasBeenExecutedWaits(String sections) throws IOException {
        try (var writer = observer.connect(node);
                var asker = observer.connect(node)) {
            writer.send("SET", "k", "v");
            observer.awaitHeld(writer, 1, "the write");
            asker.send(("INFO " + sections).trim().split(" ", -1));
            observer.awaitHeld(asker, 1, sections);
            node.makeDurable();
            assertThat(awaitReply(asker)).isNotNull();
        }
    }

    /// How many functions there are.
    @Test
    void infoMemoryWaitsWhileFunctionsAreChanged() throws IOException {
        try (var writer = observer.connect(node);
                var asker = observer.connect(node)) {
            writer.send("FUNCTION", "FLUSH");
            observer.awaitHeld(writer, 1, "the change");
            asker.send("INFO", "memory");
            observer.awaitHeld(asker, 1, "INFO memory");
            node.makeDurable();
            assertThat(awaitReply(asker)).contains("used_memory:");
        }
    }

    // ---- the lease

    @Test
    void withoutALeaseNoReadIsTakenForAnAnswer() throws IOException {
        try (var reader = observer.connect(node)) {
            for (var read : List.of("GET clean", "MGET {k}1 {k}2")) {
                node.lease().endAfter(0);
                reader.send(read.split(" ", -1));
                observer.awaitHeld(reader, 1, read);
                node.lease().renew();
                node.makeDurable();
                assertThat(awaitReply(reader)).contains("nil");
            }
        }
    }

    /// The process may have stood still between the taking of a reply and its sending.
    @Test
    void theLeaseIsAskedForAgainWhenAReplyIsSent() throws IOException {
        try (var reader = observer.connect(node)) {
            node.lease().endAfter(1);
            reader.send("GET", "clean");
            await("it is asked for a second time", () -> node.lease().asked() > 1);
            assertThat(observer.gatheredBytes(reader)).isPositive();
            assertThat(reader.hasReplyWithin(1)).isFalse();
            node.lease().renew();
            node.front().onLeaseRenewed();
            assertThat(reader.read()).isEqualTo("nil");
        }
    }

    @Test
    void whatIsDurableWaitsForTheLeaseTheMomentItWouldLeave() throws IOException {
        try (var writer = observer.connect(node)) {
            writer.send("SET", "k", "v");
            observer.awaitHeld(writer, 1, "the write");
            node.lease().endAfter(0);
            node.makeDurable();
            await("the lease is asked for", () -> node.lease().asked() > 0);
            observer.awaitHeld(writer, 1, "the write");
            node.lease().renew();
            node.front().onLeaseRenewed();
            assertThat(writer.read()).isEqualTo("OK");
        }
    }

    // ---- a log without room

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DBSIZE",
                "KEYS *",
                "SCAN 0",
                "RANDOMKEY",
                "GET k",
                "MGET {a}1 k",
                "EXISTS k",
                "INFO",
                "INFO keyspace",
                "EVAL_RO return{redis.call('GET',KEYS[1])} 1 k",
                "FUNCTION LIST",
                "MEMORY USAGE k",
                "SLOWLOG GET",
                "CLUSTER COUNTKEYSINSLOT 12539",
                "CLIENT UNBLOCK 9999",
                "ACL LOG"
            })
    void whatWouldWaitForALogWithoutRoomIsAnsweredWithAnError(String read) throws IOException {
        var command = read.replace("{a}1", "{k}1").split(" ");
        try (var writer = observer.connect(node);
                var reader = observer.connect(node);
                var late = node.connect()) {
            writer.send("SET", "k", "v");
            observer.awaitHeld(writer, 1, "the write");
            reader.send(command);
            reader.send("PING");
            observer.awaitHeld(reader, 2, read);
            refuseWrites();
            assertThat(reader.read()).startsWith(GIVEN_UP);
            assertThat(reader.read()).isEqualTo("PONG");
            assertThat(late.ask(command)).startsWith(GIVEN_UP);
            observer.awaitHeld(writer, 1, "the write");

            node.front().refuseWrites(null);
            node.makeDurable();
            assertThat(awaitReply(writer)).isEqualTo("OK");
            assertThat(reader.ask("PING")).isEqualTo("PONG");
            assertThat(reader.ask("GET", "k")).isEqualTo("v");
        }
    }

    /// It changes a connection, a list of the node's, or a script that has written nothing.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SUBSCRIBE c d",
                "PSUBSCRIBE c*",
                "SSUBSCRIBE c",
                "UNSUBSCRIBE c",
                "CLIENT TRACKING ON",
                "CLIENT TRACKING OFF",
                "CLIENT TRACKINGINFO",
                "CLIENT CACHING YES",
                "SCRIPT KILL",
                "FUNCTION KILL",
                "ACL LOG RESET"
            })
    void whatTellsNothingOfTheDataWaitsForNothing(String command) throws IOException {
        try (var writer = observer.connect(node)) {
            writer.send("SET", "k", "v");
            observer.awaitHeld(writer, 1, "the write");
            for (String protocol : List.of("2", "3")) {
                try (var wire = node.connect()) {
                    wire.ask("HELLO", protocol);
                    assertThat(wire.ask(command.split(" ", -1))).doesNotContain("MISCONF");
                }
            }
            observer.awaitHeld(writer, 1, "the write");
        }
    }

    /// What it executes has been marked, and nothing else.
    @ParameterizedTest
    @ValueSource(
            strings = {"EXEC", "MULTI;PING;EXEC", "MULTI;GET clean;EXEC", "MULTI;SET k v;EXEC"})
    void aTransactionKeepsNobodyFromReadingWhatItDoesNotWrite(String commands) throws IOException {
        try (var writer = observer.connect(node);
                var transaction = observer.connect(node);
                var reader = node.connect()) {
            writer.send("SET", "k", "v");
            observer.awaitHeld(writer, 1, "the write");
            for (var command : commands.split(";", -1)) {
                transaction.send(command.split(" ", -1));
                if (!command.equals("EXEC")) {
                    transaction.read();
                }
            }
            observer.awaitHeld(transaction, 1, commands);
            assertThat(reader.ask("GET", "clean")).isEqualTo("nil");
            assertThat(reader.ask("MGET", "{clean}1", "{clean}2")).isEqualTo("[nil nil]");
            observer.awaitHeld(transaction, 1, commands);
        }
    }

    /// Its marks stay from the moment that it is queued until it is durable.
    @Test
    void whatATransactionWritesIsDirty() throws IOException {
        try (var transaction = observer.connect(node);
                var reader = observer.connect(node)) {
            assertThat(transaction.ask("MULTI")).isEqualTo("OK");
            assertThat(transaction.ask("SET", "k", "v")).isEqualTo("QUEUED");
            assertThat(transaction.ask("GET", "{k}l")).isEqualTo("QUEUED");
            transaction.send("EXEC");
            observer.awaitHeld(transaction, 1, "the transaction");
            reader.send("GET", "k");
            observer.awaitHeld(reader, 1, "the read");
            node.makeDurable();
            assertThat(awaitReply(reader)).isEqualTo("v");
        }
    }

    /// Those who have a lane of their own.
    @Test
    void readsOfATransactionAndOfWhoTracksAreGivenUpToo() throws IOException {
        try (var writer = observer.connect(node);
                var transaction = node.connect();
                var tracking = node.connect();
                var health = node.connect()) {
            for (var wire : List.of(tracking, health)) {
                wire.ask("HELLO", "3");
                wire.send("CLIENT", "TRACKING", "ON");
                assertThat(awaitReply(wire)).isEqualTo("OK");
            }
            assertThat(transaction.ask("MULTI")).isEqualTo("OK");
            assertThat(transaction.ask("GET", "clean")).isEqualTo("QUEUED");
            writer.send("SET", "k", "v");
            observer.awaitHeld(writer, 1, "the write");
            transaction.send("EXEC");
            tracking.send("GET", "clean");
            assertThat(health.ask("PING")).isEqualTo("PONG"); // tells nothing of the data
            refuseWrites();
            assertThat(transaction.read()).startsWith(GIVEN_UP);
            assertThat(tracking.read()).startsWith(GIVEN_UP);
        }
    }

    /// Nobody knows yet what becomes of it: no error may say that it failed.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET k v",
                "EVAL return{redis.call('SET',KEYS[1],'v')} 1 k",
                "PUBLISH c m",
                "SPUBLISH c m",
                "PFCOUNT h",
                "FUNCTION FLUSH",
                "FLUSHALL",
                "SORT k STORE {k}d",
                "LMOVE {k}l {k}m LEFT LEFT",
                "BLMOVE {k}l {k}m LEFT LEFT 0",
                "MULTI;GET k;SET k v;EXEC",
                "MULTI;GET k;PUBLISH c m;EXEC"
            })
    void whatMayHaveChangedSomethingIsNeverGivenUp(String commands) throws IOException {
        node.engine().command("RPUSH", "{k}l", "item");
        node.engine().command("PFADD", "h", "item");
        node.makeDurable();
        try (var writer = observer.connect(node);
                var reader = observer.connect(node);
                var undurable = observer.connect(node)) {
            undurable.send("SET", "other", "1");
            observer.awaitHeld(undurable, 1, "another write");
            writer.ask("HELLO", "3");
            for (var command : commands.split(";", -1)) {
                writer.send(command.split(" ", -1));
                if (commands.contains("MULTI") && !command.equals("EXEC")) {
                    writer.read();
                }
            }
            observer.awaitHeld(writer, 1, commands);
            reader.send("DBSIZE");
            observer.awaitHeld(reader, 1, "DBSIZE");
            refuseWrites();
            assertThat(reader.read()).startsWith(GIVEN_UP); // so the moment has come
            observer.awaitHeld(writer, 1, commands);
            node.front().refuseWrites(null);
            node.makeDurable();
            assertThat(awaitReply(writer)).doesNotContain("MISCONF");
        }
    }

    @Test
    void behindAWriteThatIsNotDurableEvenErrorsWaitForTheirTurn() throws IOException {
        try (var wire = observer.connect(node);
                var muted = observer.connect(node);
                var other = node.connect()) {
            wire.send("SET", "k", "v");
            wire.send("DBSIZE");
            wire.send("PING");
            observer.awaitHeld(wire, 3, "all");
            muted.send("CLIENT", "REPLY", "SKIP");
            muted.send("SET", "k", "w");
            muted.send("DBSIZE");
            observer.awaitHeld(muted, 2, "all");
            refuseWrites();
            await("others are told", () -> asks(other, "DBSIZE").startsWith(GIVEN_UP));
            wire.send("KEYS", "*"); // later than that
            observer.awaitHeld(wire, 4, "all");
            observer.awaitHeld(muted, 2, "all");
            node.front().refuseWrites(null);
            node.makeDurable();
            assertThat(awaitReply(wire)).isEqualTo("OK");
            assertThat(awaitReply(wire)).startsWith(GIVEN_UP);
            assertThat(awaitReply(wire)).isEqualTo("PONG");
            assertThat(awaitReply(wire)).startsWith(GIVEN_UP);
            assertThat(awaitReply(muted)).startsWith(GIVEN_UP);
        }
    }

    /// What would be executed and then wait without end is not executed at all.
    @Test
    void whatNeedsTheLogIsRefusedWhileThatHasNoRoom() throws Exception {
        try (var wire = node.connect()) {
            refuseWrites();
            for (var command : List.of("SET k v", "PUBLISH c m", "SPUBLISH c m", "PFCOUNT h")) {
                assertThat(wire.ask(command.split(" ", -1)))
                        .as(command)
                        .isEqualTo("-MISCONF " + FULL);
            }
            assertThat(wire.ask("MULTI")).isEqualTo("OK");
            assertThat(wire.ask("PUBLISH", "c", "m")).isEqualTo("-MISCONF " + FULL);
            assertThat(wire.ask("EXEC")).startsWith("-EXECABORT");
            assertThat(wire.ask("INFO", "server")).contains("redis_version");
            assertThat(wire.ask("MGET", "{k}1", "{k}2")).isEqualTo("[nil nil]");
        }
    }

    // ---- helpers

    /// The front has heard of it once it has answered what came behind.
    private void refuseWrites() throws IOException {
        node.front().refuseWrites(FULL);
        try (var wire = observer.connect(node)) {
            assertThat(observer.held(wire)).isZero();
        }
    }

    /// The next reply. What the engine sends besides its clients' writes counts in its offset too,
    /// so all is made durable until it comes.
    private static String awaitReply(Wire wire) throws IOException {
        while (!wire.hasReplyWithin(100)) {
            node.makeDurable();
        }
        return wire.read();
    }

    private static String asks(Wire wire, String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String inEngine(String... command) {
        try {
            return Wire.show(node.engine().command(command));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
