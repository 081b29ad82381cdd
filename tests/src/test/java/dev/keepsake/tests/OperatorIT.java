package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.engine.Transport;
import dev.keepsake.front.AccessUser;
import dev.keepsake.front.FrontOptions;
import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// What operators may do over their socket, and that nobody else may.
class OperatorIT {
    private static final int A_WHILE_MS = 150;

    @TempDir static Path directory;
    private static Path socket;
    private static ServedNode node;

    @BeforeAll
    static void start() throws Exception {
        socket = directory.resolve("operator.sock");
        node = ServedNode.start(directory, FrontOptions.standard(), null, socket);
        node.front().onDurable(10_000);
    }

    @AfterAll
    static void stop() throws IOException {
        node.close();
    }

    /// Under such a policy the engine deletes keys that no command names.
    @Test
    void whoLetsTheEngineEvictLetsReadsWaitForTheLog() throws Exception {
        var folder = Files.createDirectory(directory.resolve("evicting"));
        var path = folder.resolve("operator.sock");
        try (var evicting = ServedNode.start(folder, FrontOptions.standard(), null, path);
                var writer = evicting.connect();
                var reader = evicting.connect();
                var operator = UnixWire.to(path)) {
            evicting.front().onDurable(1_000);
            assertThat(writer.ask("SET", "k", "v")).isEqualTo("OK");
            writer.send("SET", "other", "v".repeat(2_000));
            assertThat(reader.ask("GET", "k")).isEqualTo("v");

            operator.send("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
            await("it is on its way", () -> clientsOf(reader).contains("cmd=config|set"));
            reader.send("GET", "k");
            assertThat(reader.hasReplyWithin(A_WHILE_MS)).isFalse();
            evicting.front().onDurable(10_000);
            assertThat(operator.read()).isEqualTo("OK");
            assertThat(writer.read()).isEqualTo("OK");
            assertThat(reader.read()).isEqualTo("v");
        }
    }

    private static String clientsOf(Wire wire) {
        try {
            return wire.ask("CLIENT", "LIST");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void operatorsMaySetAndLookIntoWhatChangesNoData() throws IOException {
        try (var operator = UnixWire.to(socket);
                var client = node.connect()) {
            assertThat(operator.ask("CONFIG", "SET", "hash-max-listpack-entries", "3"))
                    .isEqualTo("OK");
            assertThat(operator.ask("CONFIG", "GET", "hash-max-listpack-entries"))
                    .isEqualTo("[hash-max-listpack-entries 3]");
            assertThat(operator.ask("CONFIG", "RESETSTAT")).isEqualTo("OK");
            assertThat(operator.ask("DEBUG", "SET-ACTIVE-EXPIRE", "1")).isEqualTo("OK");
            assertThat(operator.ask("DEBUG", "STRINGMATCH-LEN", "3", "*")).startsWith("-ERR");
            client.ask("HSET", "h", "a", "1", "b", "2", "c", "3", "d", "4");
            assertThat(operator.ask("DEBUG", "OBJECT", "h")).contains("encoding:hashtable");
            assertThat(operator.ask("CLIENT", "INFO"))
                    .contains("user=keepsake:operator", "addr=" + socket + ":0");
            assertThat(operator.ask("HELLO", "3")).contains("proto 3");
            assertThat(operator.ask("DEBUG", "PROTOCOL", "bignum")).startsWith("1234567999");
        }
    }

    @Test
    void clientsKnowNothingOfIt() throws IOException {
        try (var client = node.connect()) {
            assertThat(client.ask("CONFIG", "GET", "*")).startsWith("-ERR unknown command");
            assertThat(client.ask("DEBUG", "OBJECT", "h")).startsWith("-ERR unknown command");
            assertThat(client.ask("AUTH", "keepsake:operator", "")).startsWith("-WRONGPASS");
            assertThat(client.ask("ACL", "USERS")).isEqualTo("[default]");
            assertThat(client.ask("ACL", "DRYRUN", "keepsake:operator", "GET", "k"))
                    .startsWith("-ERR User");
        }
    }

    @Test
    void whatWouldPartTheEngineFromTheLogOrFromItsNodeIsRefused() throws IOException {
        try (var operator = UnixWire.to(socket)) {
            for (String debug :
                    List.of(
                            "RELOAD",
                            "LOADAOF",
                            "SEGFAULT",
                            "SLEEP",
                            "POPULATE",
                            "REPLICATE",
                            "CHANGE-REPL-ID",
                            "JMAP")) {
                assertThat(operator.ask("DEBUG", debug, "1"))
                        .startsWith("-ERR DEBUG %s is not offered".formatted(debug));
            }
            for (String setting :
                    List.of(
                            "port",
                            "dir",
                            "save",
                            "appendonly",
                            "replica-read-only",
                            "repl-backlog-size",
                            "min-replicas-to-write",
                            "requirepass",
                            "masterauth",
                            "proto-max-bulk-len",
                            "maxmemory-clients",
                            "maxclients",
                            "timeout")) {
                assertThat(operator.ask("CONFIG", "SET", "hz", "11", setting, "1"))
                        .startsWith("-ERR CONFIG SET of '%s' is not".formatted(setting));
            }
            for (String thresholdMs : List.of("0", "-1", "5001", "99999999999", "1s")) {
                assertThat(operator.ask("CONFIG", "SET", "hz", "11", "lua-time-limit", thresholdMs))
                        .startsWith("-ERR CONFIG SET of 'lua-time-limit' takes 1 to 5000");
            }
            assertThat(operator.ask("CONFIG", "GET", "hz")).isEqualTo("[hz 10]");
            assertThat(operator.ask("CONFIG", "REWRITE")).startsWith("-ERR CONFIG REWRITE is not");
            for (String withheld :
                    List.of("SHUTDOWN", "REPLICAOF", "SAVE", "MODULE", "PSYNC", "PFDEBUG")) {
                assertThat(operator.ask(withheld, "NO", "ONE")).startsWith("-ERR unknown command");
            }
            assertThat(operator.ask("EVAL", "return redis.call('swapdb', 0, 1)", "0"))
                    .startsWith("-");
            assertThat(operator.ask("CONFIG", "GET", "masterauth")).isEqualTo("[masterauth ]");
            assertThat(operator.ask("CONFIG", "GET", "*")).contains("masterauth  ");
        }
    }

    @Test
    void inATransactionTheyTakeTheirPlaceAndARefusalEndsIt() throws IOException {
        try (var operator = UnixWire.to(socket)) {
            operator.ask("MULTI");
            assertThat(operator.ask("CONFIG", "GET", "masterauth")).isEqualTo("QUEUED");
            assertThat(operator.ask("EXEC")).isEqualTo("[[masterauth ]]");
            operator.ask("MULTI");
            assertThat(operator.ask("DEBUG", "RELOAD")).startsWith("-ERR DEBUG RELOAD");
            assertThat(operator.ask("EXEC")).startsWith("-EXECABORT");
        }
    }

    @Test
    void anOperatorWhoLogsInIsAUserLikeOthersUntilReset() throws Exception {
        var known = AccessUser.unrestrictedDefault();
        try (var operator = UnixWire.to(socket)) {
            assertThat(operator.ask("AUTH", "default", "any")).isEqualTo("OK");
            assertThat(operator.ask("CONFIG", "GET", "hz")).startsWith("-ERR unknown command");
            assertThat(operator.ask("RESET")).isEqualTo("RESET");
            assertThat(operator.ask("CONFIG", "GET", "hz")).startsWith("[hz ");
            node.front().permit(List.of()); // they stay whoever else is let in
            await("nobody is", () -> node.front().admittedUsers().isEmpty());
            assertThat(operator.ask("CONFIG", "GET", "hz")).startsWith("[hz ");
        } finally {
            node.front().permit(List.of(known));
            await("they are again", () -> !node.front().admittedUsers().isEmpty());
        }
    }

    @Test
    void theirWritesWaitForTheLogAsEverybodysDo(@TempDir Path separate) throws Exception {
        var other = separate.resolve("operator.sock");
        try (var late = ServedNode.start(separate, FrontOptions.standard(), null, other)) {
            try (var operator = UnixWire.to(other);
                    var client = late.connect()) {
                operator.send("SET", "a", "1");
                client.send("GET", "a");
                operator.send("CONFIG", "GET", "hz");
                assertThat(client.hasReplyWithin(50)).isFalse();
                assertThat(operator.hasReply()).isFalse();
                late.front().onDurable(Long.MAX_VALUE);
                assertThat(operator.read()).isEqualTo("OK");
                assertThat(operator.read()).isEqualTo("[hz 10]");
                client.read();
                assertThat(client.ask("GET", "a")).isEqualTo("1");
            }
        }
    }

    @Test
    void aNodeThatCannotListenHasNoneUntilItCan(@TempDir Path separate) throws Exception {
        var own = separate.resolve("operator.sock");
        var loopback = InetAddress.getLoopbackAddress();
        try (var transport = Transport.best(1)) {
            var front = ServedNode.frontOf(transport, own);
            var address = new InetSocketAddress(loopback, FreePorts.next(1).first());
            try (var taken = new ServerSocket(address.getPort(), 1, loopback)) {
                assertThat(taken.isBound()).isTrue();
                assertThat(front.bind(address)).failsWithin(60, SECONDS);
                assertThat(own).doesNotExist();
            }
            assertThat(front.bind(address)).succeedsWithin(60, SECONDS);
            await("its socket is there", () -> answersOperators(own));
            front.close();
        }
    }

    @Test
    void aNodeThatEndsLeavesTheSocketOfANewOneOfItsName(@TempDir Path separate) throws Exception {
        var shared = separate.resolve("operator.sock");
        var anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (var transport = Transport.best(1)) {
            var old = ServedNode.frontOf(transport, shared);
            assertThat(old.bind(anywhere)).succeedsWithin(60, SECONDS);
            await("its socket is there", () -> answersOperators(shared));
            var young = ServedNode.frontOf(transport, shared);
            assertThat(young.bind(anywhere)).succeedsWithin(60, SECONDS);
            // As if a third were about to listen.
            var coming = Files.createFile(separate.resolve("operator.sock~"));
            old.close();
            // Comes behind that on the loop of both.
            assertThat(young.bind(anywhere)).succeedsWithin(60, SECONDS);
            assertThat(answersOperators(shared)).isTrue();
            assertThat(coming).exists();
            young.close();
            await("and so is the new one", () -> Files.notExists(shared));
        }
    }

    private static boolean answersOperators(Path socket) {
        try (var operator = UnixWire.to(socket)) {
            return operator.ask("PING").startsWith("-LOADING");
        } catch (IOException _) {
            return false;
        }
    }

    @Test
    void everyNodeHasASocketForItsOwnerAlone(@TempDir Path separate) throws Exception {
        var sockets = Files.createDirectory(separate.resolve("o"));
        try (var server =
                TestServer.start(
                        separate.resolve("data"),
                        ServerParts.standard(),
                        TestServer.tuning().withOperatorSockets(sockets))) {
            var cluster = server.api().create("demo", 1, 1, 0, server.endpointPort());
            aReplicaMayBeBusy(
                    cluster.shards().getFirst().nodes().get(1),
                    sockets.resolve("us-east-1.demo-0001-002.sock"));
            var ofNode = sockets.resolve("us-east-1.demo-0001-001.sock");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(ofNode)))
                    .isEqualTo("rw-------");
            try (var operator = UnixWire.to(ofNode)) {
                assertThat(operator.ask("SET", "a", "1")).isEqualTo("OK");
                assertThat(operator.ask("DEBUG", "OBJECT", "a")).contains("encoding:int");
            }
            server.api().client().failoverShard(call -> call.clusterName("demo").shardName("0001"));
            await("the node is back, and its socket", () -> knowsAKey(ofNode));
        }
        try (var left = Files.list(sockets)) {
            assertThat(left).isEmpty();
        }
    }

    /// Its engine does not say then how far it has come, for several of the node's questions.
    private static void aReplicaMayBeBusy(Node replica, Path socket) throws IOException {
        try (var operator = UnixWire.to(socket);
                var rescuer = UnixWire.to(socket);
                var runaway = Wire.to(replica)) {
            assertThat(operator.ask("CONFIG", "SET", "busy-reply-threshold", "50")).isEqualTo("OK");
            runaway.ask("READONLY");
            runaway.send("EVAL_RO", "while true do end", "0");
            assertThat(runaway.hasReplyWithin(500)).isFalse(); // nor is it closed
            assertThat(rescuer.ask("SCRIPT", "KILL")).isEqualTo("OK");
            assertThat(runaway.read()).contains("Script killed");
            assertThat(operator.ask("CONFIG", "SET", "busy-reply-threshold", "5000"))
                    .isEqualTo("OK");
        }
    }

    private static boolean knowsAKey(Path socket) {
        try (var operator = UnixWire.to(socket)) {
            return operator.ask("CONFIG", "GET", "hz").equals("[hz 10]")
                    && operator.ask("DBSIZE").equals("1");
        } catch (IOException _) {
            return false;
        }
    }
}
