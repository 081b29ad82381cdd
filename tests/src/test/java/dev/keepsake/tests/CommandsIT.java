package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// What one node answers, byte for byte where it matters. One cluster of two shards with a replica
/// each for all tests; `a` and `{a}…` live in the second shard, `b` in the first.
class CommandsIT {
    @TempDir static Path directory;
    private static TestServer server;
    private static Node first;
    private static Node second;
    private static Node replica;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start(directory);
        var cluster = server.api().create("demo", 2, 1, 0, server.endpointPort());
        first = cluster.shards().get(0).nodes().get(0);
        second = cluster.shards().get(1).nodes().get(0);
        replica = cluster.shards().get(1).nodes().get(1);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void empty() throws IOException {
        for (var node : List.of(first, second)) {
            try (var wire = Wire.to(node)) {
                assertThat(wire.ask("FLUSHALL")).isEqualTo("OK");
            }
        }
    }

    // ---- transactions

    @Test
    void aTransactionIsExecutedAsOne() throws IOException {
        try (var wire = Wire.to(second)) {
            assertThat(wire.ask("MULTI")).isEqualTo("OK");
            assertThat(wire.ask("SET", "{a}1", "x")).isEqualTo("QUEUED");
            assertThat(wire.ask("APPEND", "{a}1", "y")).isEqualTo("QUEUED");
            assertThat(wire.ask("EXEC")).isEqualTo("[OK 2]");
            assertThat(wire.ask("GET", "{a}1")).isEqualTo("xy");
            assertThat(wire.ask("EXEC")).isEqualTo("-ERR EXEC without MULTI");
        }
    }

    @Test
    void aTransactionWithAnErrorIsDiscarded() throws IOException {
        try (var wire = Wire.to(second)) {
            wire.ask("MULTI");
            assertThat(wire.ask("NOSUCH")).startsWith("-ERR unknown command 'NOSUCH'");
            wire.ask("SET", "a", "1");
            assertThat(wire.ask("EXEC"))
                    .isEqualTo("-EXECABORT Transaction discarded because of previous errors.");
            assertThat(wire.ask("GET", "a")).isEqualTo("nil");

            wire.ask("MULTI");
            wire.ask("SET", "a", "1");
            assertThat(wire.ask("DISCARD")).isEqualTo("OK");
            assertThat(wire.ask("GET", "a")).isEqualTo("nil");
        }
    }

    @Test
    void aTransactionStaysInOneSlot() throws IOException {
        try (var wire = Wire.to(second)) {
            wire.ask("MULTI");
            wire.ask("SET", "a", "1");
            wire.ask("SET", keyOfSecondShardOtherThanA(), "1");
            assertThat(wire.ask("EXEC")).startsWith("-CROSSSLOT");
            assertThat(wire.ask("GET", "a")).isEqualTo("nil");
            // What precedes an error counts, and what follows it does not.
            wire.ask("MULTI");
            wire.ask("SET", "a", "1");
            wire.ask("SET", keyOfSecondShardOtherThanA(), "1");
            wire.ask("SET", "a");
            assertThat(wire.ask("EXEC")).startsWith("-CROSSSLOT");
            wire.ask("MULTI");
            wire.ask("SET", "a", "1");
            wire.ask("SET", "a");
            wire.ask("SET", keyOfSecondShardOtherThanA(), "1");
            assertThat(wire.ask("EXEC")).startsWith("-EXECABORT");
        }
    }

    @Test
    void whatIsWatchedAndChangesAbortsTheTransaction() throws IOException {
        try (var wire = Wire.to(second);
                var other = Wire.to(second)) {
            assertThat(wire.ask("WATCH", "a")).isEqualTo("OK");
            assertThat(other.ask("SET", "a", "2")).isEqualTo("OK");
            wire.ask("MULTI");
            wire.ask("SET", "a", "1");
            assertThat(wire.ask("EXEC")).isEqualTo("nil");

            wire.ask("WATCH", "a");
            wire.ask("MULTI");
            wire.ask("SET", "a", "3");
            assertThat(wire.ask("EXEC")).isEqualTo("[OK]");
            assertThat(other.ask("GET", "a")).isEqualTo("3");
        }
    }

    // ---- blocking

    @Test
    void aBlockedClientIsServedByAnother() throws IOException {
        try (var waiting = Wire.to(second);
                var other = Wire.to(second)) {
            waiting.send("BLPOP", "a", "0");
            assertThat(waiting.hasReplyWithin(50)).isFalse();
            assertThat(other.ask("RPUSH", "a", "x", "y")).isEqualTo("2");
            assertThat(waiting.read()).isEqualTo("[a x]");
            waiting.send("BLMOVE", "{a}src", "{a}dst", "LEFT", "RIGHT", "0");
            other.ask("RPUSH", "{a}src", "m");
            assertThat(waiting.read()).isEqualTo("m");
            assertThat(other.ask("LRANGE", "{a}dst", "0", "-1")).isEqualTo("[m]");
            assertThat(waiting.ask("BLPOP", "{a}none", "0.05")).isEqualTo("nil");
            assertThat(waiting.ask("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void aBlockedClientThatLeavesTakesNothingWithIt() throws IOException {
        try (var other = Wire.to(second)) {
            for (int i = 0; i < 20; i++) {
                try (var leaving = Wire.to(second)) {
                    leaving.send("BLMOVE", "{a}src", "{a}dst", "LEFT", "RIGHT", "0");
                    await("it waits", () -> blockedClients(other) == 1);
                }
                await("nobody waits", () -> blockedClients(other) == 0);
            }
            assertThat(other.ask("RPUSH", "{a}src", "x")).isEqualTo("1");
            assertThat(other.ask("LLEN", "{a}src")).isEqualTo("1");
            assertThat(other.ask("GET", "{a}dst")).isEqualTo("nil");
        }
    }

    // ---- publish and subscribe

    @Test
    void messagesReachSubscribersInResp2() throws IOException {
        try (var subscriber = Wire.to(second);
                var publisher = Wire.to(second)) {
            assertThat(subscriber.ask("SUBSCRIBE", "news", "more")).isEqualTo("[subscribe news 1]");
            assertThat(subscriber.read()).isEqualTo("[subscribe more 2]");
            assertThat(publisher.ask("PUBLISH", "news", "hello")).isEqualTo("1");
            assertThat(subscriber.read()).isEqualTo("[message news hello]");
            assertThat(subscriber.ask("GET", "a")).startsWith("-ERR Can't execute 'get'");
            assertThat(subscriber.ask("CLUSTER", "COUNTKEYSINSLOT", "0"))
                    .startsWith("-ERR Can't execute 'cluster|countkeysinslot'");
            assertThat(subscriber.ask("CLIENT", "TRACKING", "ON"))
                    .startsWith("-ERR Can't execute 'client|tracking'");
            assertThat(subscriber.ask("UNSUBSCRIBE")).startsWith("[unsubscribe ");
            assertThat(subscriber.read()).startsWith("[unsubscribe ");
            assertThat(subscriber.ask("GET", "a")).isEqualTo("nil");
        }
    }

    @Test
    void inResp3MessagesArePushedBetweenReplies() throws IOException {
        try (var subscriber = Wire.to(second);
                var publisher = Wire.to(second)) {
            subscriber.ask("HELLO", "3");
            assertThat(subscriber.ask("PSUBSCRIBE", "n*")).isEqualTo("[psubscribe n* 1]");
            assertThat(subscriber.ask("SET", "a", "1")).isEqualTo("OK");
            publisher.ask("PUBLISH", "news", "hello");
            assertThat(subscriber.read()).isEqualTo("[pmessage n* news hello]");
            assertThat(subscriber.ask("GET", "a")).isEqualTo("1");
        }
    }

    @Test
    void everyChangeOfSubscriptionsIsConfirmedHoweverTheyArePipelined() throws IOException {
        try (var wire = Wire.to(second)) {
            wire.sendRaw("UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nCLIENT ID\r\n");
            assertThat(wire.read()).isEqualTo("[unsubscribe nil 0]");
            assertThat(wire.read()).isEqualTo("[punsubscribe nil 0]");
            assertThat(wire.read()).matches("\\d+");

            wire.sendRaw("SUBSCRIBE a\r\nUNSUBSCRIBE a\r\nSUBSCRIBE b c\r\nPING\r\n");
            assertThat(wire.read()).isEqualTo("[subscribe a 1]");
            assertThat(wire.read()).isEqualTo("[unsubscribe a 0]");
            assertThat(wire.read()).isEqualTo("[subscribe b 1]");
            assertThat(wire.read()).isEqualTo("[subscribe c 2]");
            assertThat(wire.read()).isEqualTo("[pong ]");
            assertThat(wire.ask("CLIENT", "ID")).startsWith("-ERR Can't execute 'client|id'");

            wire.sendRaw("UNSUBSCRIBE\r\nCLIENT ID\r\nMSET a 1 b 2\r\n");
            assertThat(wire.read()).startsWith("[unsubscribe ");
            assertThat(wire.read()).startsWith("[unsubscribe ");
            assertThat(wire.read()).matches("\\d+");
            assertThat(wire.read()).startsWith("-CROSSSLOT");
        }
        try (var wire = Wire.to(second)) {
            wire.ask("HELLO", "3");
            wire.sendRaw("SUBSCRIBE a b c\r\nUNSUBSCRIBE\r\nGET a\r\n");
            for (int i = 0; i < 6; i++) {
                assertThat(wire.read()).contains("subscribe ");
            }
            assertThat(wire.read()).isEqualTo("nil");
        }
    }

    @Test
    void whatATransactionCannotHoldFailsItAndDisturbsNobody() throws IOException {
        try (var bystander = Wire.to(second)) {
            for (var version : List.of("2", "3")) {
                try (var wire = Wire.to(second)) {
                    wire.ask("HELLO", version);
                    wire.ask("MULTI");
                    assertThat(wire.ask("MONITOR")).startsWith("-ERR");
                    assertThat(wire.ask("EXEC")).startsWith("-EXECABORT");
                    assertThat(wire.ask("SET", "a", "1")).isEqualTo("OK");
                }
            }
            assertThat(bystander.ask("GET", "a")).isEqualTo("1");
        }
    }

    @Test
    void whoeverMonitorsSeesWhatOthersDoAndNoPasswords() throws IOException {
        try (var monitor = Wire.to(second);
                var wire = Wire.to(second)) {
            assertThat(monitor.ask("MONITOR")).isEqualTo("OK");
            wire.ask("AUTH", "default", "not-to-be-seen");
            wire.ask("HELLO", "2", "AUTH", "default", "not-to-be-seen");
            wire.ask("NOSUCH");
            wire.ask("SET", "b", "elsewhere");
            wire.ask("set", "a", "1 \"2\"\n\\\u0001");
            assertThat(monitor.read())
                    .matches(
                            "\\d{10}\\.\\d{6} \\[0 127\\.0\\.0\\.1:\\d+] \"set\" \"a\" \"1"
                                    + " \\\\\"2\\\\\"\\\\n\\\\\\\\\\\\x01\"");
            wire.sendAll(List.of(List.of("MULTI"), List.of("GET", "a"), List.of("EXEC")));
            for (var shown : List.of("\"MULTI\"", "\"GET\" \"a\"", "\"EXEC\"")) {
                assertThat(monitor.read()).endsWith(shown);
            }
            assertThat(monitor.ask("RESET")).isEqualTo("RESET");
            wire.ask("GET", "a");
            assertThat(monitor.ask("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void aClientThatWaitsIsUnblockedByItsId() throws IOException {
        try (var waiting = Wire.to(second);
                var rescuer = Wire.to(second)) {
            String id = waiting.ask("CLIENT", "ID");
            assertThat(rescuer.ask("CLIENT", "UNBLOCK", id)).isEqualTo("0");
            waiting.send("BLPOP", "a", "0");
            await("it waits", () -> asks(rescuer, "CLIENT", "UNBLOCK", id).equals("1"));
            assertThat(waiting.read()).isEqualTo("nil");
            waiting.send("BLPOP", "a", "0");
            await("it waits", () -> asks(rescuer, "CLIENT", "UNBLOCK", id, "ERROR").equals("1"));
            assertThat(waiting.read()).isEqualTo("-UNBLOCKED client unblocked via CLIENT UNBLOCK");
            assertThat(waiting.ask("SET", "a", "1")).isEqualTo("OK");
            assertThat(rescuer.ask("CLIENT", "UNBLOCK", id)).isEqualTo("0");
            assertThat(rescuer.ask("CLIENT", "UNBLOCK", "12345678")).isEqualTo("0");
            assertThat(rescuer.ask("CLIENT", "UNBLOCK", "x")).startsWith("-ERR value is not");
            assertThat(rescuer.ask("CLIENT", "UNBLOCK", id, "NOW"))
                    .isEqualTo("-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        }
    }

    @Test
    void whatIsWithheldIsNotListedEither() throws IOException {
        for (var version : List.of("2", "3")) {
            try (var wire = Wire.to(second)) {
                wire.ask("HELLO", version);
                var names = wire.ask("COMMAND", "LIST");
                assertThat(names).contains(" get ").doesNotContain(" config ", " psync ");
                int count = Integer.parseInt(wire.ask("COMMAND", "COUNT"));
                assertThat(names.split(" ", -1))
                        .filteredOn(name -> !name.contains("|"))
                        .hasSize(count);
                var all = (RespValue.ArrayReply) askForValue(wire, "COMMAND");
                assertThat(all.items()).hasSize(count);
                var rows = wire.ask("COMMAND");
                assertThat(rows)
                        .contains("[get 2 ", "[acl|whoami ")
                        .doesNotContain("[config ", "[acl|setuser ", "[cluster|addslots ");
                assertThat(wire.ask("COMMAND", "INFO", "get", "config", "nosuch"))
                        .startsWith("[[get 2 ")
                        .endsWith(" nil nil]");
                assertThat(wire.ask("COMMAND", "DOCS"))
                        .contains("summary", "acl|whoami")
                        .doesNotContain("acl|setuser", "config|get");
                assertThat(wire.ask("COMMAND", "DOCS", "config")).isEqualTo("[]");
                assertThat(wire.ask("COMMAND", "GETKEYS", "GET", "a")).isEqualTo("[a]");
                assertThat(wire.ask("COMMAND", "HELP")).contains("GETKEYS");
                assertThat(wire.ask("PING")).isEqualTo("PONG");
            }
        }
    }

    private static RespValue askForValue(Wire wire, String... command) throws IOException {
        wire.send(command);
        return wire.readValue();
    }

    @Test
    void aScriptThatDoesNotEndCanBeKilledAndNobodyWaitsForever() throws IOException {
        try (var runaway = Wire.to(second);
                var bystander = Wire.to(second);
                var bound = Wire.to(second);
                var sharing = Wire.to(second);
                var rescuer = Wire.to(second)) {
            bound.ask("MULTI");
            assertThat(bound.ask("SET", "a", "0")).isEqualTo("QUEUED");
            bystander.ask("HELLO", "3"); // over another lane than the script's
            runaway.send("EVAL", "while true do end", "0");
            // Writes too are told, though the engine names no offset that would cover them.
            await("it is busy", () -> asks(bystander, "SET", "a", "0").startsWith("-BUSY"));
            assertThat(bystander.ask("GET", "a")).startsWith("-BUSY Redis is busy");
            // Nor does anybody wait for it who shares its lane and asks a moment later.
            assertThat(sharing.ask("PING")).startsWith("-BUSY Redis is busy");
            assertThat(sharing.ask("FUNCTION", "STATS")).startsWith("-BUSY Redis is busy");
            assertThat(bound.ask("GET", "a")).startsWith("-BUSY Redis is busy");
            assertThat(bound.ask("EXEC"))
                    .startsWith("-EXECABORT Transaction discarded because of: BUSY");
            for (var allowed : List.of("WATCH a", "UNWATCH", "MULTI", "DISCARD")) {
                assertThat(bound.ask(allowed.split(" ", -1))).isEqualTo("OK");
            }
            await("it is killed", () -> !asks(rescuer, "SCRIPT", "KILL").startsWith("-NOTBUSY"));
            assertThat(runaway.read()).contains("Script killed by user");
            assertThat(bystander.ask("SET", "a", "1")).isEqualTo("OK");
            assertThat(rescuer.ask("GET", "a")).isEqualTo("1");
        }
    }

    @Test
    void valuesHaveABoundThatCostsNobodyElseAnything() throws IOException {
        try (var bystander = Wire.to(second)) {
            try (var wire = Wire.to(second)) {
                wire.sendRaw("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$536870913\r\n");
                assertThat(wire.read()).isEqualTo("-ERR Protocol error: invalid bulk length");
            }
            assertThat(bystander.ask("SETRANGE", "a", "536870911", "xy"))
                    .startsWith("-ERR string exceeds maximum allowed size");
            assertThat(bystander.ask("SET", "a", "1")).isEqualTo("OK");
        }
    }

    @Test
    void clientsThatDoNotReadTheirRepliesHoldNobodyElseUpAndMayReadThemLater() throws IOException {
        try (var bystander = Wire.to(second)) {
            assertThat(bystander.ask("SET", "a", "v".repeat(1 << 20))).isEqualTo("OK");
            var lazy = new ArrayList<Wire>();
            for (int i = 0; i < 4; i++) {
                var wire = Wire.to(second);
                lazy.add(wire);
                for (int k = 0; k < 100; k++) {
                    wire.send("GET", "a");
                }
            }
            for (int i = 0; i < 20; i++) {
                assertThat(bystander.ask("STRLEN", "a")).isEqualTo("1048576");
            }
            for (var wire : lazy) {
                for (int k = 0; k < 100; k++) {
                    assertThat(wire.read()).hasSize(1 << 20);
                }
                wire.close();
            }
            assertThat(bystander.ask("SET", "a", "1")).isEqualTo("OK");
        }
    }

    @Test
    void theProtocolChangesOnALaneOfOnesOwnToo() throws IOException {
        try (var wire = Wire.to(second)) {
            wire.ask("WATCH", "a");
            wire.ask("HELLO", "3");
            wire.sendRaw("GET a\r\n");
            assertThat(wire.readValue()).isEqualTo(new RespValue.NullReply());
            wire.ask("HSET", "{a}h", "f", "v");
            assertThat(wire.ask("UNWATCH")).isEqualTo("OK");
        }
    }

    // ---- the protocol

    @Test
    void resp3HasItsOwnTypes() throws IOException {
        try (var wire = Wire.to(second)) {
            assertThat(wire.ask("HELLO", "4")).isEqualTo("-NOPROTO unsupported protocol version");
            assertThat(wire.ask("HELLO", "3")).contains("server redis").contains("mode cluster");
            wire.ask("HSET", "a", "f", "v");
            wire.send("HGETALL", "a");
            assertThat(wire.readValue()).isInstanceOf(RespValue.ArrayReply.class);
            wire.ask("DEL", "a");
            wire.ask("ZADD", "a", "1.5", "m");
            wire.send("ZSCORE", "a", "m");
            assertThat(wire.readValue()).isEqualTo(new RespValue.Scalar("1.5"));
            wire.send("GET", "{a}none");
            assertThat(wire.readValue()).isEqualTo(new RespValue.NullReply());
            assertThat(wire.ask("RESET")).isEqualTo("RESET");
            wire.send("ZSCORE", "a", "m");
            assertThat(wire.readValue()).isInstanceOf(RespValue.Bulk.class);
        }
    }

    @Test
    void inlineCommandsAreTaken() throws IOException {
        try (var wire = Wire.to(second)) {
            wire.sendRaw("\r\nPING\r\nset a \"x\\ny\"\r\nGET a\r\n");
            assertThat(wire.read()).isEqualTo("PONG");
            assertThat(wire.read()).isEqualTo("OK");
            assertThat(wire.read()).isEqualTo("x\ny");
        }
    }

    @Test
    void malformedInputIsRefusedAndDisturbsNobodyElse() throws IOException {
        try (var wire = Wire.to(second);
                var other = Wire.to(second)) {
            wire.sendRaw("*1\r\nPING\r\n");
            assertThat(wire.read()).isEqualTo("-ERR Protocol error: expected '$', got 'P'");
            assertThatThrownBy(wire::read).isInstanceOf(IOException.class);
            assertThat(other.ask("PING")).isEqualTo("PONG");
        }
    }

    /// A page may let a browser send anything to a port of its machine, behind lines of HTTP.
    @Test
    void aBrowserIsDisconnectedBeforeWhatItSendsIsExecuted() throws IOException {
        for (var line :
                List.of(
                        "POST / HTTP/1.1",
                        "Host: localhost",
                        "hOsT:localhost",
                        "PUT / HTTP/1.0",
                        "OPTIONS * HTTP/1.1")) {
            try (var browser = Wire.to(second)) {
                browser.sendRaw(line + "\r\n\r\nSET a sent\r\n");
                assertThatThrownBy(browser::read).isInstanceOf(IOException.class);
            }
        }
        try (var other = Wire.to(second)) {
            assertThat(other.ask("GET", "a")).isEqualTo("nil");
        }
    }

    @Test
    void whatTheNodeHasToAskForIsNotOvertaken() throws IOException {
        try (var client = Wire.to(second)) {
            for (int i = 0; i < 100; i++) {
                client.sendAll(
                        List.of(
                                List.of("ECHO", "before"),
                                List.of("CLUSTER", "COUNTKEYSINSLOT", "1"),
                                List.of("ECHO", "between"),
                                List.of("ACL", "LOG", "0"),
                                List.of("ECHO", "behind")));
                assertThat(client.read()).isEqualTo("before");
                assertThat(client.read()).isEqualTo("0");
                assertThat(client.read()).isEqualTo("between");
                assertThat(client.read()).isEqualTo("[]");
                assertThat(client.read()).isEqualTo("behind");
            }
        }
    }

    /// Names that a client of TLS asks for stand in its first message as they are.
    @Test
    void whoSpeaksTlsIsDisconnectedBeforeWhatItCarriesIsExecuted() throws IOException {
        var hello = helloThatAsksFor("\r\nSET a sent\r\n");
        for (int cut = 0; cut < 3; cut++) {
            try (var client = Wire.to(second)) {
                int first = cut;
                assertThatThrownBy(
                                () -> {
                                    client.sendRaw(hello.substring(0, first));
                                    client.sendRaw(hello.substring(first));
                                    client.read();
                                })
                        .isInstanceOf(IOException.class);
            }
        }
        try (var client = Wire.to(second)) {
            assertThat(client.ask("PING")).isEqualTo("PONG");
            client.sendRaw(hello.replace("\r\n", "")); // and so nothing that ends a line
            assertThatThrownBy(client::read).isInstanceOf(IOException.class);
        }
        try (var other = Wire.to(second)) {
            assertThat(other.ask("GET", "a")).isEqualTo("nil");
        }
    }

    /// A ClientHello with a list of one protocol (ALPN).
    private static String helloThatAsksFor(String protocol) {
        String list = (char) protocol.length() + protocol;
        String alpn = "\0\20" + sized(2, sized(2, list));
        String random = "r".repeat(32);
        String body =
                "\3\3"
                        + random
                        + sized(1, "s".repeat(32))
                        + sized(2, "\23\1")
                        + "\1\0"
                        + sized(2, alpn);
        return "\26\3\1" + sized(2, "\1" + sized(3, body));
    }

    private static String sized(int lengthBytes, String content) {
        var sized = new StringBuilder();
        for (int i = lengthBytes - 1; i >= 0; i--) {
            sized.append((char) ((content.length() >> (8 * i)) & 0xff));
        }
        return sized.append(content).toString();
    }

    @Test
    void commandsThatDoNotExistOrAreWithheldAreUnknown() throws IOException {
        try (var wire = Wire.to(second)) {
            assertThat(wire.ask("NOSUCH", "x"))
                    .isEqualTo("-ERR unknown command 'NOSUCH', with args beginning with: 'x' ");
            for (var withheld :
                    List.of("CONFIG", "DEBUG", "SAVE", "BGSAVE", "SHUTDOWN", "REPLICAOF")) {
                assertThat(wire.ask(withheld, "x")).startsWith("-ERR unknown command");
            }
            assertThat(wire.ask("GET"))
                    .isEqualTo("-ERR wrong number of arguments for 'get' command");
        }
    }

    @Test
    void aPipelineSplitAnywhereIsAnsweredInOrder() throws IOException {
        var random = RandomGenerator.of("L64X128MixRandom");
        try (var wire = Wire.to(second)) {
            var out = Unpooled.buffer();
            int commands = 2_000;
            for (int i = 0; i < commands; i++) {
                RespWriter.command(out, "INCR", "a");
                RespWriter.command(out, "ECHO", "e" + i);
                RespWriter.command(out, "CLIENT", "GETNAME");
            }
            var reader = Executors.newSingleThreadExecutor(Thread.ofVirtual().factory());
            try (reader) {
                var read =
                        reader.submit(() -> {
                            for (int i = 0; i < commands; i++) {
                                assertThat(wire.read()).isEqualTo("" + (i + 1));
                                assertThat(wire.read()).isEqualTo("e" + i);
                                assertThat(wire.read()).isEqualTo("nil");
                            }
                            return null;
                        });
                while (out.isReadable()) {
                    int length = Math.min(out.readableBytes(), 1 + random.nextInt(700));
                    wire.sendRaw(out.readRetainedSlice(length));
                }
                assertThat(read).succeedsWithin(java.time.Duration.ofMinutes(5));
            }
            out.release();
        }
    }

    @Test
    void aLargeValueComesBackAsItWas() throws IOException {
        var value = "v".repeat(20 << 20);
        try (var wire = Wire.to(second)) {
            assertThat(wire.ask("SET", "a", value)).isEqualTo("OK");
            assertThat(wire.ask("GET", "a").equals(value)).isTrue();
        }
    }

    @Test
    void repliesAreNeverCrossed() throws Exception {
        var clients = new ArrayList<Callable<Void>>();
        for (int c = 0; c < 40; c++) {
            int client = c;
            clients.add(() -> askAndCompare(client));
        }
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var done : threads.invokeAll(clients)) {
                done.get();
            }
        }
    }

    private static Void askAndCompare(int client) throws IOException {
        var random = RandomGenerator.getDefault();
        var wire = Wire.to(second);
        try {
            for (int i = 0; i < 300; i++) {
                var key = "{a}" + client;
                var value = "value-" + client + "-" + i;
                wire.send("SET", key, value);
                wire.send("GET", key);
                wire.send("MGET", key, key);
                if (random.nextInt(30) == 0) { // leaves with its replies under way
                    wire.close();
                    wire = Wire.to(second);
                    continue;
                }
                assertThat(wire.read()).isEqualTo("OK");
                assertThat(wire.read()).isEqualTo(value);
                assertThat(wire.read()).isEqualTo("[%s %s]".formatted(value, value));
            }
        } finally {
            wire.close();
        }
        return null;
    }

    // ---- the cluster

    @Test
    void commandsAreSentToTheOwnerOfTheirSlot() throws IOException {
        try (var wire = Wire.to(first);
                var reading = Wire.to(replica)) {
            int slot = Integer.parseInt(wire.ask("CLUSTER", "KEYSLOT", "a"));
            var moved =
                    "-MOVED %d %s:%d"
                            .formatted(slot, second.endpoint().address(), second.endpoint().port());
            assertThat(wire.ask("GET", "a")).isEqualTo(moved);
            assertThat(wire.ask("MSET", "a", "1", "b", "2")).startsWith("-CROSSSLOT");
            assertThat(reading.ask("GET", "a")).isEqualTo(moved);
            assertThat(reading.ask("ASKING")).isEqualTo("OK"); // no slot is moving
            assertThat(reading.ask("GET", "a")).isEqualTo(moved);
            assertThat(reading.ask("READONLY")).isEqualTo("OK");
            assertThat(reading.ask("SET", "a", "1")).isEqualTo(moved);
            try (var owner = Wire.to(second)) {
                owner.ask("SET", "a", "1");
            }
            await("the replica has it", () -> asks(reading, "GET", "a").equals("1"));
            assertThat(reading.ask("EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "a"))
                    .isEqualTo("1");
            assertThat(reading.ask("READWRITE")).isEqualTo("OK");
            assertThat(reading.ask("GET", "a")).isEqualTo(moved);
        }
    }

    @Test
    void everyNodeDescribesTheCluster() throws IOException {
        for (var node : List.of(first, second, replica)) {
            try (var wire = Wire.to(node)) {
                assertThat(wire.ask("CLUSTER", "INFO"))
                        .contains("cluster_state:ok", "cluster_slots_ok:16384", "cluster_size:2");
                assertThat(wire.ask("CLUSTER", "SLOTS"))
                        .startsWith("[[0 8191 [" + first.endpoint().address())
                        .contains("[8192 16383 [");
                assertThat(wire.ask("CLUSTER", "SHARDS")).contains("online");
                var myself = wire.ask("CLUSTER", "MYID");
                assertThat(wire.ask("CLUSTER", "NODES").lines())
                        .hasSize(4)
                        .filteredOn(line -> line.contains("myself"))
                        .singleElement()
                        .satisfies(line -> assertThat(line).startsWith(myself));
            }
        }
    }

    @Test
    void theNodeTellsOfItselfAndNotOfTheEngineBehindIt() throws IOException {
        try (var primary = Wire.to(second);
                var reading = Wire.to(replica)) {
            assertThat(primary.ask("ROLE")).startsWith("[master ");
            assertThat(reading.ask("ROLE"))
                    .startsWith("[slave 127.0.0.1 " + second.endpoint().port());
            assertThat(primary.ask("INFO"))
                    .contains(
                            "role:master",
                            "connected_slaves:1",
                            "redis_mode:cluster",
                            "tcp_port:" + second.endpoint().port())
                    .doesNotContain("executable:", ".sock");
            assertThat(reading.ask("INFO", "replication"))
                    .contains("role:slave", "master_port:" + second.endpoint().port());
        }
    }

    @Test
    void aScanFindsEveryKeyOfTheNode() throws IOException {
        try (var wire = Wire.to(second)) {
            var written = new HashSet<String>();
            for (int i = 0; i < 500; i++) {
                written.add("{a}" + i);
                wire.send("SET", "{a}" + i, "v");
            }
            for (int i = 0; i < 500; i++) {
                wire.read();
            }
            var seen = new HashSet<String>();
            String cursor = "0";
            do {
                wire.send("SCAN", cursor, "COUNT", "50");
                var items = ((RespValue.ArrayReply) wire.readValue()).items();
                cursor = text(items.get(0));
                ((RespValue.ArrayReply) items.get(1)).items().forEach(key -> seen.add(text(key)));
            } while (!cursor.equals("0"));
            assertThat(seen).isEqualTo(written);
        }
    }

    @Test
    void scriptsAndFunctionsRun() throws IOException {
        try (var wire = Wire.to(second)) {
            assertThat(wire.ask("EVAL", "return redis.call('INCR', KEYS[1])", "1", "a"))
                    .isEqualTo("1");
            var sha = wire.ask("SCRIPT", "LOAD", "return redis.call('INCR', KEYS[1])");
            assertThat(wire.ask("EVALSHA", sha, "1", "a")).isEqualTo("2");
            assertThat(
                            wire.ask(
                                    "FUNCTION",
                                    "LOAD",
                                    "REPLACE",
                                    "#!lua name=lib\nredis.register_function('inc', function(k)"
                                            + " return redis.call('INCR', k[1]) end)"))
                    .isEqualTo("lib");
            assertThat(wire.ask("FCALL", "inc", "1", "a")).isEqualTo("3");
        }
    }

    // ---- what the tests need

    private static String keyOfSecondShardOtherThanA() throws IOException {
        try (var wire = Wire.to(second)) {
            for (int i = 0; ; i++) {
                var key = "k" + i;
                if (Integer.parseInt(wire.ask("CLUSTER", "KEYSLOT", key)) > 8191) {
                    return key;
                }
            }
        }
    }

    private static String text(RespValue bulk) {
        return new String(((RespValue.Bulk) bulk).bytes(), StandardCharsets.UTF_8);
    }

    private static String asks(Wire wire, String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long blockedClients(Wire wire) {
        return asks(wire, "INFO", "clients")
                .lines()
                .filter(line -> line.startsWith("blocked_clients:"))
                .mapToLong(line -> Long.parseLong(line.substring(16).strip()))
                .findFirst()
                .orElse(-1);
    }

    // ---- publications and subscribers on different nodes

    @Test
    void whatIsPublishedAnywhereIsHeardOnceEverywhere() throws IOException {
        try (var onFirst = Wire.to(first);
                var onSecond = Wire.to(second);
                var onReplica = Wire.to(replica)) {
            var listeners = List.of(onFirst, onSecond, onReplica);
            for (var wire : listeners) {
                assertThat(wire.ask("SUBSCRIBE", "news")).isEqualTo("[subscribe news 1]");
            }
            int number = 0;
            for (var node : List.of(first, second, replica)) {
                try (var publisher = Wire.to(node)) {
                    for (int i = 0; i < 3; i++) {
                        assertThat(publisher.ask("PUBLISH", "news", "n" + number)).isEqualTo("1");
                        for (var wire : listeners) {
                            assertThat(wire.read()).isEqualTo("[message news n" + number + "]");
                        }
                        number++;
                    }
                }
            }
            for (var wire : listeners) {
                assertThat(wire.hasReplyWithin(50)).isFalse();
            }
        }
    }

    @Test
    void soIsWhatTransactionsAndScriptsPublish() throws IOException {
        try (var listener = Wire.to(first);
                var publisher = Wire.to(second)) {
            listener.ask("SUBSCRIBE", "news");
            publisher.ask("MULTI");
            publisher.ask("SET", "a", "1");
            publisher.ask("PUBLISH", "news", "from a transaction");
            assertThat(publisher.ask("EXEC")).isEqualTo("[OK 0]");
            assertThat(listener.read()).isEqualTo("[message news from a transaction]");
            assertThat(
                            publisher.ask(
                                    "EVAL",
                                    "return redis.call('PUBLISH', 'news', 'from a script')",
                                    "0"))
                    .isEqualTo("0");
            assertThat(listener.read()).isEqualTo("[message news from a script]");
        }
    }

    @Test
    void shardChannelsStayInTheirShard() throws IOException {
        try (var onPrimary = Wire.to(second);
                var onReplica = Wire.to(replica);
                var elsewhere = Wire.to(first);
                var publisher = Wire.to(second)) {
            assertThat(onPrimary.ask("SSUBSCRIBE", "a")).isEqualTo("[ssubscribe a 1]");
            assertThat(onReplica.ask("SSUBSCRIBE", "a")).isEqualTo("[ssubscribe a 1]");
            assertThat(elsewhere.ask("SSUBSCRIBE", "a")).startsWith("-MOVED");
            assertThat(publisher.ask("SPUBLISH", "a", "m")).isEqualTo("1");
            assertThat(onPrimary.read()).isEqualTo("[smessage a m]");
            assertThat(onReplica.read()).isEqualTo("[smessage a m]");
        }
    }

    // ---- CLIENT

    @Test
    void clientsAreListedAndKilled() throws IOException {
        try (var wire = Wire.to(second);
                var other = Wire.to(second)) {
            other.ask("CLIENT", "SETNAME", "victim");
            String id = other.ask("CLIENT", "ID");
            assertThat(wire.ask("CLIENT", "LIST", "ID", id))
                    .contains("id=" + id + " addr=127.0.0.1:")
                    .contains(" name=victim ")
                    .contains(" user=default ")
                    .endsWith("\n");
            assertThat(wire.ask("CLIENT", "LIST", "TYPE", "pubsub")).doesNotContain("victim");
            assertThat(wire.ask("CLIENT", "LIST", "TYPE", "odd"))
                    .isEqualTo("-ERR Unknown client type 'odd'");
            assertThat(wire.ask("CLIENT", "KILL", "ID", id)).isEqualTo("1");
            assertThatThrownBy(other::read).isInstanceOf(IOException.class);
            assertThat(wire.ask("CLIENT", "KILL", "ID", id)).isEqualTo("0");
            assertThat(wire.ask("CLIENT", "KILL", "1.2.3.4:5")).isEqualTo("-ERR No such client");
            assertThat(wire.ask("CLIENT", "KILL", "ID", wire.ask("CLIENT", "ID"), "SKIPME", "no"))
                    .isEqualTo("1");
            assertThatThrownBy(wire::read).isInstanceOf(IOException.class);
        }
    }

    @Test
    void repliesThatAreNotWantedDoNotCome() throws IOException {
        try (var wire = Wire.to(second)) {
            wire.sendRaw(
                    """
                    CLIENT REPLY SKIP
                    SET a 1
                    GET a
                    CLIENT REPLY OFF
                    SET a 2
                    NOSUCH
                    MULTI
                    INCR a
                    EXEC
                    PING
                    CLIENT REPLY ON
                    GET a
                    """);
            assertThat(wire.read()).isEqualTo("1");
            assertThat(wire.read()).isEqualTo("OK");
            assertThat(wire.read()).isEqualTo("3");
        }
    }

    @Test
    void aPauseHoldsWritesBackAndNothingElse() throws IOException {
        try (var wire = Wire.to(second);
                var writer = Wire.to(second)) {
            assertThat(wire.ask("CLIENT", "PAUSE", "600000", "WRITE")).isEqualTo("OK");
            writer.send("SET", "a", "1");
            assertThat(writer.hasReplyWithin(30)).isFalse();
            assertThat(wire.ask("GET", "a")).isEqualTo("nil");
            assertThat(wire.ask("CLIENT", "UNPAUSE")).isEqualTo("OK");
            assertThat(writer.read()).isEqualTo("OK");
            assertThat(wire.ask("CLIENT", "PAUSE", "20")).isEqualTo("OK");
            assertThat(writer.ask("GET", "a")).isEqualTo("1");
            assertThat(wire.ask("CLIENT", "PAUSE", "-1")).isEqualTo("-ERR timeout is negative");
        }
    }

    @Test
    void readersAreToldWhenWhatTheyTrackChanges() throws IOException {
        try (var wire = Wire.to(second);
                var writer = Wire.to(second)) {
            wire.ask("HELLO", "3");
            assertThat(wire.ask("CLIENT", "TRACKING", "ON")).isEqualTo("OK");
            assertThat(wire.ask("GET", "a")).isEqualTo("nil");
            assertThat(writer.ask("SET", "a", "1")).isEqualTo("OK");
            assertThat(wire.read()).isEqualTo("[invalidate [a]]");
            assertThat(wire.ask("GET", "a")).isEqualTo("1");
            assertThat(wire.ask("CLIENT", "TRACKING", "OFF")).isEqualTo("OK");
            assertThat(wire.ask("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "{a}"))
                    .isEqualTo("OK");
            assertThat(writer.ask("SET", "{a}1", "1")).isEqualTo("OK");
            assertThat(wire.read()).isEqualTo("[invalidate [{a}1]]");
            assertThat(wire.ask("RESET")).isEqualTo("RESET");
            assertThat(writer.ask("SET", "{a}1", "2")).isEqualTo("OK");
            assertThat(wire.ask("GET", "{a}1")).isEqualTo("2");
        }
    }

    // ---- CLUSTER

    @Test
    void theKeysOfASlotAreCountedAndTold() throws IOException {
        try (var wire = Wire.to(second)) {
            for (int i = 0; i < 3_000; i++) {
                wire.send("SET", "{a}" + i, "v");
            }
            for (int i = 0; i < 3_000; i++) {
                assertThat(wire.read()).isEqualTo("OK");
            }
            String slot = wire.ask("CLUSTER", "KEYSLOT", "a");
            assertThat(wire.ask("CLUSTER", "COUNTKEYSINSLOT", slot)).isEqualTo("3000");
            assertThat(wire.ask("CLUSTER", "GETKEYSINSLOT", slot, "3").split(" ")).hasSize(3);
            assertThat(wire.ask("CLUSTER", "COUNTKEYSINSLOT", "0")).isEqualTo("0");
            assertThat(wire.ask("CLUSTER", "COUNTKEYSINSLOT", "16384"))
                    .isEqualTo("-ERR Invalid slot");
        }
    }

    @Test
    void theReplicasOfAPrimaryAreTold() throws IOException {
        try (var wire = Wire.to(second);
                var other = Wire.to(replica)) {
            String id = wire.ask("CLUSTER", "MYID");
            assertThat(wire.ask("CLUSTER", "REPLICAS", id))
                    .contains(":" + replica.endpoint().port() + "@")
                    .contains(" slave " + id);
            assertThat(wire.ask("CLUSTER", "REPLICAS", other.ask("CLUSTER", "MYID")))
                    .isEqualTo("-ERR The specified node is not a master");
            assertThat(wire.ask("CLUSTER", "REPLICAS", "nobody"))
                    .isEqualTo("-ERR Unknown node nobody");
            assertThat(wire.ask("CLUSTER", "LINKS")).isEqualTo("[]");
            assertThat(wire.ask("CLUSTER", "MYSHARDID"))
                    .isEqualTo(other.ask("CLUSTER", "MYSHARDID"));
        }
    }
}
