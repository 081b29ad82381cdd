package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.front.AccessUser;
import dev.keepsake.front.FrontOptions;
import dev.keepsake.resp.ProtocolLimits;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the engine keeps for one client alone: that it is that client's and nobody else's, and that
/// it is told as Redis tells it. One node for all tests, on which everything is durable at once.
class LanesIT {
    @TempDir static Path directory;
    private static ServedNode node;

    @BeforeAll
    static void start() throws Exception {
        node = ServedNode.startDurable(directory);
    }

    @AfterAll
    static void stop() throws IOException {
        node.close();
    }

    @BeforeEach
    void empty() throws IOException {
        try (var wire = node.connect()) {
            assertThat(wire.ask("FLUSHALL")).isEqualTo("OK");
        }
    }

    // ---- lanes that are given back

    @Test
    void nobodyDebugsScripts() throws IOException {
        try (var wire = node.connect();
                var other = node.connect()) {
            assertThat(wire.ask("SCRIPT", "DEBUG", "YES")).startsWith("-ERR unknown command");
            assertThat(wire.ask("SCRIPT", "HELP")).contains("EXISTS").doesNotContain("DEBUG");
            assertThat(other.ask("EVAL", "return 1", "0")).isEqualTo("1");
        }
    }

    @Test
    void channelsWhoseNamesAreNoTextAreToldApart() throws IOException {
        try (var subscriber = node.connect();
                var stranger = node.connect();
                var publisher = node.connect()) {
            subscriber.ask("HELLO", "3");
            subscriber.sendRaw("SUBSCRIBE \"\\xff\" \"\\xfe\"\r\n");
            assertThat(subscriber.read()).endsWith(" 1]");
            assertThat(subscriber.read()).endsWith(" 2]");
            subscriber.sendRaw("UNSUBSCRIBE \"\\xff\"\r\n");
            assertThat(subscriber.read()).endsWith(" 1]");
            assertThat(subscriber.ask("CLIENT", "INFO")).contains(" sub=1 ");
            // Takes the lane if it was given back with its subscription.
            stranger.ask("HELLO", "3");
            stranger.send("BLPOP", "none", "0");
            assertThat(stranger.hasReplyWithin(30)).isFalse();
            publisher.sendRaw("PUBLISH \"\\xfe\" m\r\n");
            assertThat(publisher.read()).isEqualTo("1");
            assertThat(subscriber.read()).startsWith("[message ").endsWith(" m]");
            assertThat(stranger.hasReplyWithin(30)).isFalse();
        }
    }

    @Test
    void trackingGoesOnWhenItsEndIsRefused() throws IOException {
        try (var tracker = node.connect();
                var stranger = node.connect();
                var writer = node.connect()) {
            tracker.ask("HELLO", "3");
            assertThat(tracker.ask("CLIENT", "TRACKING", "ON", "BCAST")).isEqualTo("OK");
            assertThat(tracker.ask("CLIENT", "TRACKING", "OFF", "FOO"))
                    .isEqualTo("-ERR syntax error");
            stranger.ask("HELLO", "3");
            stranger.send("BLPOP", "none", "0");
            assertThat(stranger.hasReplyWithin(30)).isFalse();
            assertThat(writer.ask("SET", "a", "1")).isEqualTo("OK");
            assertThat(tracker.read()).isEqualTo("[invalidate [a]]");
            assertThat(stranger.hasReplyWithin(30)).isFalse();
            assertThat(tracker.ask("CLIENT", "TRACKING", "OFF")).isEqualTo("OK");
            assertThat(tracker.ask("CLIENT", "GETREDIR")).isEqualTo("-1");
        }
    }

    @Test
    void whatIsWatchedStaysWatchedWhenThereIsNothingToExecute() throws IOException {
        for (var end : List.of("EXEC", "DISCARD")) {
            try (var watcher = node.connect();
                    var writer = node.connect()) {
                assertThat(watcher.ask("WATCH", "a")).isEqualTo("OK");
                assertThat(watcher.ask(end)).isEqualTo("-ERR %s without MULTI".formatted(end));
                assertThat(writer.ask("SET", "a", "1")).isEqualTo("OK");
                for (int i = 0; i < 4; i++) {
                    try (var stranger = node.connect()) {
                        assertThat(stranger.ask("MULTI")).isEqualTo("OK");
                        assertThat(stranger.ask("INCR", "n" + end)).isEqualTo("QUEUED");
                        assertThat(stranger.ask("EXEC")).isEqualTo("[" + (i + 1) + "]");
                    }
                }
                watcher.ask("MULTI");
                watcher.ask("SET", "a", "2");
                assertThat(watcher.ask("EXEC")).isEqualTo("nil");
            }
        }
    }

    @Test
    void aLaneThatIsUsedAgainRemembersNobody() throws IOException {
        try (var first = node.connect();
                var second = node.connect();
                var writer = node.connect()) {
            for (int i = 0; i < 20; i++) {
                var wire = i % 2 == 0 ? first : second;
                wire.ask("HELLO", i % 4 < 2 ? "2" : "3");
                assertThat(wire.ask("WATCH", "a")).isEqualTo("OK");
                assertThat(wire.ask("UNWATCH")).isEqualTo("OK");
                assertThat(wire.ask("SUBSCRIBE", "c")).isEqualTo("[subscribe c 1]");
                assertThat(wire.ask("UNSUBSCRIBE", "c")).isEqualTo("[unsubscribe c 0]");
                assertThat(writer.ask("PUBLISH", "c", "m")).isEqualTo("0");
                assertThat(wire.ask("CLIENT", "TRACKING", "ON", "BCAST")).isEqualTo("OK");
                assertThat(wire.ask("CLIENT", "TRACKING", "OFF")).isEqualTo("OK");
                assertThat(writer.ask("SET", "a", "" + i)).isEqualTo("OK");
                assertThat(wire.ask("BLPOP", "none", "0.01")).isEqualTo("nil");
                assertThat(wire.ask("MULTI")).isEqualTo("OK");
                assertThat(wire.ask("GET", "a")).isEqualTo("QUEUED");
                assertThat(wire.ask("EXEC")).isEqualTo("[" + i + "]");
            }
        }
    }

    @Test
    void aListThatReadsLikeAMessageIsAReply() throws IOException {
        try (var subscriber = node.connect();
                var publisher = node.connect()) {
            subscriber.ask("HELLO", "3");
            assertThat(subscriber.ask("SUBSCRIBE", "c")).isEqualTo("[subscribe c 1]");
            subscriber.ask("RPUSH", "a", "message", "c", "not published");
            assertThat(subscriber.ask("LRANGE", "a", "0", "-1"))
                    .isEqualTo("[message c not published]");
            subscriber.ask("LSET", "a", "0", "unsubscribe");
            assertThat(subscriber.ask("LRANGE", "a", "0", "-1")).startsWith("[unsubscribe c");
            assertThat(subscriber.ask("CLIENT", "INFO")).contains(" sub=1 ");
            publisher.ask("PUBLISH", "c", "m");
            assertThat(subscriber.read()).isEqualTo("[message c m]");
        }
    }

    // ---- what is said of the node

    @Test
    void theNodeTellsOfItselfOverEveryLane() throws IOException {
        try (var wire = node.connect()) {
            wire.ask("HELLO", "3");
            String count = wire.ask("COMMAND", "COUNT");
            assertOfTheNode(wire.ask("INFO"));
            wire.ask("MULTI");
            wire.ask("INFO");
            wire.ask("COMMAND", "COUNT");
            wire.ask("GET", "a");
            wire.ask("COMMAND", "INFO", "config");
            var executed = wire.ask("EXEC");
            assertOfTheNode(executed);
            assertThat(executed).endsWith(" " + count + " nil [nil]]");
            wire.ask("CLIENT", "TRACKING", "ON");
            assertOfTheNode(wire.ask("INFO"));
            wire.send("INFO", "server");
            assertThat(wire.readBytes()).startsWith("=").contains("txt:# Server");
        }
        try (var wire = node.connect()) {
            wire.send("INFO", "server");
            assertThat(wire.readBytes()).startsWith("$").contains("\r\n# Server");
        }
    }

    private static void assertOfTheNode(String info) {
        assertThat(info)
                .contains(
                        "_mode:cluster",
                        "role:master",
                        "tcp_port:" + node.address().getPort(),
                        "maxclients:65000",
                        "master_replid:0123456789abcdef0123456789abcdef01234567")
                .doesNotContain("process_id:", ".sock", "slave0:", "=/", ":/");
        if (node.isSince(7, 2, 7, 2)) {
            assertThat(info)
                    .containsOnlyOnce("listener")
                    .contains(
                            "listener0:name=tcp,bind=%s,port=%d"
                                    .formatted(
                                            node.address().getHostString(),
                                            node.address().getPort()));
        }
    }

    @Test
    void theSlowLogDoesNotShowTheEnginesSocketNorWhatTheNodeAsksIt() throws IOException {
        askEngine("CONFIG SET slowlog-log-slower-than 0");
        try (var wire = node.connect()) {
            wire.ask("SLOWLOG", "RESET");
            for (int i = 0; i < 3; i++) {
                wire.ask("SET", "k" + i, "v");
                wire.ask("BLPOP", "none", "0.001"); // over a lane of its own
            }
            // With RESET, and since Redis 7.2 with those that waited.
            assertThat(wire.ask("SLOWLOG", "LEN")).isEqualTo(node.isSince(7, 2, 7, 2) ? "7" : "4");
            assertThat(wire.ask("SLOWLOG", "GET", "-1"))
                    .contains("[SET k0 v]", "[SET k1 v]", "[SET k2 v]")
                    .doesNotContain("ROLE", "AUTH");
            assertThat(wire.ask("SLOWLOG", "GET", "8").split("SLOWLOG", -1)).hasSizeGreaterThan(2);
            assertThat(wire.ask("SLOWLOG", "GET", "0")).isEqualTo("[]");
            for (var wrong : List.of("-2", "x", "")) {
                assertThat(wire.ask("SLOWLOG", "GET", wrong)).startsWith("-ERR ");
            }
            assertThat(wire.ask("SLOWLOG", "GET", "1", "2")).startsWith("-ERR ");
            assertThat(wire.ask("INFO", "commandstats"))
                    .contains("cmdstat_set:")
                    .doesNotContain("cmdstat_role:", "cmdstat_psync:", "cmdstat_auth:");
            wire.ask("SET", "a", "b c");
            assertThat(wire.ask("SLOWLOG", "GET", "10"))
                    .contains("[SET a b c]  ")
                    .doesNotContain("/");
            wire.ask("MULTI");
            wire.ask("SLOWLOG", "GET", "10");
            assertThat(wire.ask("EXEC")).contains("[SET a b c]  ").doesNotContain("/");
        } finally {
            askEngine("CONFIG SET slowlog-log-slower-than 10000");
        }
    }

    @Test
    void subcommandsAreExplained() throws IOException {
        try (var wire = node.connect()) {
            assertThat(wire.ask("CLIENT", "HELP"))
                    .startsWith("[CLIENT <subcommand>")
                    .contains("TRACKING (ON|OFF)");
            assertThat(wire.ask("CLUSTER", "HELP"))
                    .startsWith("[CLUSTER <subcommand>")
                    .contains("MYSHARDID")
                    .doesNotContain("ADDSLOTS", "FAILOVER");
            assertThat(wire.ask("ACL", "HELP"))
                    .contains("WHOAMI", "DRYRUN")
                    .doesNotContain("SETUSER", "SAVE");
            assertThat(wire.ask("COMMAND", "HELP")).contains("(no subcommand)", "GETKEYS");
            for (var command : List.of("CLIENT", "CLUSTER")) {
                assertThat(wire.ask(command, "FOO"))
                        .isEqualTo(
                                "-ERR unknown subcommand 'FOO'. Try %s HELP.".formatted(command));
            }
            wire.ask("MULTI");
            wire.ask("ACL", "HELP");
            wire.ask("CLIENT", "HELP");
            assertThat(wire.ask("EXEC")).contains("DRYRUN", "TRACKING").doesNotContain("SETUSER");
        }
    }

    @Test
    void argumentsNeedNotBeText() throws Exception {
        try (var wire = node.connect()) {
            wire.sendRaw("CLUSTER KEYSLOT \"\\xff\\xfe\"\r\n");
            assertThat(wire.read()).isEqualTo("3374");
        }
        var replaced = "\uFFFD".getBytes(StandardCharsets.UTF_8);
        var hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(replaced));
        var known = AccessUser.unrestrictedDefault();
        try {
            node.front()
                    .permit(
                            List.of(
                                    known,
                                    new AccessUser(
                                            "binary",
                                            true,
                                            false,
                                            Set.of(hash),
                                            false,
                                            "~* +@all")));
            await("the user is known", () -> node.front().admittedUsers().contains("binary"));
            try (var wire = node.connect()) {
                wire.sendRaw("AUTH binary \"\\xff\"\r\n");
                assertThat(wire.read()).startsWith("-WRONGPASS");
                wire.sendRaw("HELLO 2 AUTH binary \"\\xff\"\r\n");
                assertThat(wire.read()).startsWith("-WRONGPASS");
                assertThat(wire.ask("AUTH", "binary", "\uFFFD")).isEqualTo("OK");
            }
        } finally {
            node.front().permit(List.of(known));
        }
    }

    @Test
    void namesAreCheckedWhereverTheyAreGiven() throws IOException {
        String refusal = "-ERR Client names cannot contain spaces, newlines or special characters.";
        try (var wire = node.connect()) {
            assertThat(wire.ask("HELLO", "3", "SETNAME", "a b")).isEqualTo(refusal);
            assertThat(wire.ask("CLIENT", "SETNAME", "a\nb")).isEqualTo(refusal);
            assertThat(wire.ask("CLIENT", "GETNAME")).isEqualTo("nil");
            assertThat(wire.ask("CLIENT", "INFO")).contains(" resp=2 ");
            assertThat(wire.ask("HELLO", "3", "SETNAME", "ab")).contains("proto 3");
            assertThat(wire.ask("CLIENT", "GETNAME")).isEqualTo("ab");
            assertThat(wire.ask("CLIENT", "SETINFO", "lib-name", "a b"))
                    .startsWith("-ERR lib-name cannot contain spaces");
        }
    }

    @Test
    void whatIsTooManyOrTooFewIsSaidAsRedisDoes() throws IOException {
        String wrong =
                "-ERR unknown subcommand or wrong number of arguments for '%s'. Try %s HELP.";
        try (var wire = node.connect()) {
            assertThat(wire.ask("AUTH", "nobody", "any")).startsWith("-WRONGPASS");
            assertThat(wire.ask("ACL", "LOG", "-1")).isEqualTo("[]");
            assertThat(wire.ask("ACL", "LOG", "99999999999")).contains("nobody");
            assertThat(wire.ask("ACL", "LOG", "01"))
                    .isEqualTo("-ERR value is not an integer or out of range");
            assertThat(wire.ask("acl", "Log", "1", "2")).isEqualTo(wrong.formatted("Log", "ACL"));
            assertThat(wire.ask("ACL", "LOG", "RESET", "2"))
                    .isEqualTo(wrong.formatted("LOG", "ACL"));
            assertThat(wire.ask("ACL", "LOG", "RESET")).isEqualTo("OK");
            boolean isLenient = node.isValkeySince(8, 1); // passes over what there is too much of
            assertThat(wire.ask("CLIENT", "PAUSE", "x", "WRITE", "x"))
                    .isEqualTo(
                            isLenient
                                    ? "-ERR timeout is not an integer or out of range"
                                    : wrong.formatted("PAUSE", "CLIENT"));
            assertThat(wire.ask("CLIENT", "PAUSE", "-1", "FOO"))
                    .isEqualTo("-ERR CLIENT PAUSE mode must be WRITE or ALL");
            assertThat(wire.ask("CLIENT", "UNBLOCK", "x", "timeout", "x"))
                    .isEqualTo(
                            isLenient
                                    ? "-ERR value is not an integer or out of range"
                                    : wrong.formatted("UNBLOCK", "CLIENT"));
            assertThat(wire.ask("CLIENT", "UNBLOCK", "9223372036854775807")).isEqualTo("0");
            assertThat(wire.ask("CLIENT", "KILL", "ID", "x", "x")).isEqualTo(noId());
            assertThat(wire.ask("CLIENT", "LIST", "ID", "0", "-1"))
                    .isEqualTo(isLenient ? "-ERR client-id should be greater than 0" : "");
            assertThat(wire.ask("CLIENT", "LIST", "ID", "x"))
                    .isEqualTo(isLenient ? "-ERR syntax error" : "-ERR Invalid client ID");
        }
    }

    /// So much that it goes to the engine in several pieces.
    @Test
    void aTurnOfSeveralMegabytesIsAnsweredInOrder() throws IOException {
        int clients = 8;
        int values = 64;
        var wires = new ArrayList<Wire>();
        try {
            for (int i = 0; i < clients; i++) {
                wires.add(node.connect());
            }
            for (int i = 0; i < clients; i++) {
                var commands = new ArrayList<List<String>>();
                for (int j = 0; j < values; j++) {
                    var filling = "%d of %d;".formatted(j, i);
                    commands.add(List.of("SET", "turn" + i, filling.repeat(2_000)));
                    commands.add(List.of("GETRANGE", "turn" + i, "0", "" + filling.length()));
                }
                wires.get(i).sendAll(commands);
            }
            for (int i = 0; i < clients; i++) {
                for (int j = 0; j < values; j++) {
                    assertThat(wires.get(i).read()).isEqualTo("OK");
                    assertThat(wires.get(i).read()).startsWith("%d of %d;".formatted(j, i));
                }
            }
        } finally {
            for (var wire : wires) {
                wire.close();
            }
        }
    }

    // ---- transactions

    @Test
    void whatIsNoNumberIsSaidToBeNone() throws IOException {
        String none = "-ERR value is not an integer or out of range";
        try (var wire = node.connect()) {
            assertThat(wire.ask("SELECT", "one")).isEqualTo(none);
            assertThat(wire.ask("SELECT", "00")).isEqualTo(none);
            assertThat(wire.ask("SELECT", "99999999999999999999")).isEqualTo(none);
            assertThat(wire.ask("WAIT", "all", "10")).isEqualTo(none);
            assertThat(wire.ask("WAIT", "0", "long"))
                    .isEqualTo("-ERR timeout is not an integer or out of range");
            assertThat(wire.ask("WAIT", "0", "-1")).isEqualTo("-ERR timeout is negative");
            assertThat(wire.ask("WAIT", "0", "0")).isEqualTo("0");
            assertThat(wire.ask("CLUSTER", "COUNTKEYSINSLOT", "a")).isEqualTo(none);
            assertThat(wire.ask("CLUSTER", "COUNTKEYSINSLOT", "-1")).isEqualTo("-ERR Invalid slot");
            assertThat(wire.ask("CLUSTER", "GETKEYSINSLOT", "0", "many")).isEqualTo(none);
        }
    }

    @Test
    void whatTheFrontAnswersTakesItsPlaceInATransaction() throws IOException {
        String nested = // as the engine has it
                "-ERR (WATCH inside MULTI is not allowed|MULTI calls can not be nested|Command .*not allowed inside a transaction)";
        for (var version : List.of("2", "3")) {
            try (var wire = node.connect()) {
                wire.ask("HELLO", version);
                String id = wire.ask("CLIENT", "ID");
                assertThat(wire.ask("MULTI")).isEqualTo("OK");
                for (var command :
                        List.of(
                                "SET a 1",
                                "CLIENT ID",
                                "SELECT 0",
                                "SELECT 1",
                                "CLIENT SETNAME me",
                                "GET a",
                                "CLIENT GETNAME",
                                "ACL WHOAMI",
                                "CLUSTER KEYSLOT a",
                                "WAIT 0 10",
                                "CLIENT TRACKINGINFO")) {
                    assertThat(wire.ask(command.split(" "))).isEqualTo("QUEUED");
                }
                assertThat(wire.ask("EXEC"))
                        .isEqualTo(
                                "[OK %s OK %s OK 1 me default 15495 0 [flags [off] redirect -1 prefixes []]]"
                                        .formatted(
                                                id,
                                                node.isValkeySince(9, 0)
                                                        ? "-ERR DB index is out of range"
                                                        : "-ERR SELECT is not allowed in cluster"
                                                                + " mode"));
                wire.ask("MULTI");
                wire.ask("CLIENT", "SETNAME", "other");
                assertThat(wire.ask("DISCARD")).isEqualTo("OK");
                assertThat(wire.ask("CLIENT", "GETNAME")).isEqualTo("me");
                wire.ask("MULTI"); // what is refused on the spot is no part of it, or spoils it
                assertThat(wire.ask("WATCH", "a")).matches(nested);
                assertThat(wire.ask("MULTI")).matches(nested);
                assertThat(wire.ask("CLIENT", "GETNAME")).isEqualTo("QUEUED");
                assertThat(wire.ask("EXEC"))
                        .startsWith(node.isValkeySince(8, 0) ? "-EXECABORT" : "[me]");
                for (var command : List.of("AUTH x", "HELLO 3", "CLIENT FOO", "CLIENT REPLY OFF")) {
                    wire.ask("MULTI");
                    assertThat(wire.ask(command.split(" "))).startsWith("-ERR ");
                    assertThat(wire.ask("EXEC")).startsWith("-EXECABORT");
                }
            }
        }
    }

    @Test
    void subscriptionsTakeTheirPlaceInATransaction() throws IOException {
        try (var wire = node.connect();
                var publisher = node.connect()) {
            assertThat(wire.ask("MULTI")).isEqualTo("OK");
            assertThat(wire.ask("SUBSCRIBE", "x", "y")).isEqualTo("QUEUED");
            assertThat(wire.ask("CLIENT", "GETNAME")).isEqualTo("QUEUED");
            assertThat(wire.ask("EXEC")).isEqualTo("[[subscribe x 1] [subscribe y 2]]");
            assertThat(wire.read()).isEqualTo("nil"); // which Redis has not counted
            assertThat(publisher.ask("PUBLISH", "y", "m")).isEqualTo("1");
            assertThat(wire.read()).isEqualTo("[message y m]");
            assertThat(wire.ask("GET", "a")).startsWith("-ERR Can't execute 'get'");
            assertThat(wire.ask("UNSUBSCRIBE", "x")).isEqualTo("[unsubscribe x 1]");
            assertThat(wire.ask("UNSUBSCRIBE", "y")).isEqualTo("[unsubscribe y 0]");
            assertThat(wire.ask("MULTI")).isEqualTo("OK");
            assertThat(wire.ask("SUBSCRIBE", "z")).isEqualTo("QUEUED");
            if (node.isValkeySince(8, 0) && !node.isValkeySince(8, 1)) { // which refuses that then
                assertThat(wire.ask("UNSUBSCRIBE", "z")).startsWith("-NOSUB");
                assertThat(wire.ask("EXEC")).startsWith("-EXECABORT");
            } else {
                assertThat(wire.ask("UNSUBSCRIBE", "z")).isEqualTo("QUEUED");
                assertThat(wire.ask("EXEC")).isEqualTo("[[subscribe z 1] [unsubscribe z 0]]");
            }
            assertThat(wire.ask("GET", "a")).isEqualTo("nil");
            wire.ask("MULTI");
            assertThat(wire.ask("UNSUBSCRIBE")).startsWith("-ERR UNSUBSCRIBE without");
            assertThat(wire.ask("EXEC")).startsWith("-EXECABORT");
            wire.ask("MULTI");
            wire.ask("SUBSCRIBE", "x");
            assertThat(wire.ask("DISCARD")).isEqualTo("OK");
            assertThat(publisher.ask("PUBLISH", "x", "m")).isEqualTo("0");
            assertThat(wire.ask("GET", "a")).isEqualTo("nil");
        }
    }

    @Test
    void aPauseOfWritesHoldsTransactionsBackThatWrite() throws IOException {
        try (var wire = node.connect();
                var writer = node.connect();
                var reader = node.connect()) {
            for (var client : List.of(writer, reader)) {
                client.ask("MULTI");
            }
            writer.ask("SET", "a", "1");
            reader.ask("GET", "a");
            assertThat(wire.ask("CLIENT", "PAUSE", "600000", "WRITE")).isEqualTo("OK");
            try {
                writer.send("EXEC");
                assertThat(writer.hasReplyWithin(30)).isFalse();
                assertThat(reader.ask("EXEC")).isEqualTo("[nil]");
            } finally {
                assertThat(wire.ask("CLIENT", "UNPAUSE")).isEqualTo("OK");
            }
            assertThat(writer.read()).isEqualTo("[OK]");
        }
    }

    // ---- tracking

    @Test
    void newsAreRedirectedToAConnectionThatListens() throws IOException {
        try (var hearing = node.connect();
                var tracker = node.connect();
                var writer = node.connect()) {
            String id = hearing.ask("CLIENT", "ID");
            assertThat(tracker.ask("CLIENT", "TRACKING", "ON")).isEqualTo("OK"); // to no avail
            assertThat(tracker.ask("CLIENT", "GETREDIR")).isEqualTo("0");
            assertThat(tracker.ask("CLIENT", "TRACKING", "ON", "REDIRECT", id)).isEqualTo("OK");
            assertThat(tracker.ask("CLIENT", "GETREDIR")).isEqualTo(id);
            assertThat(tracker.ask("CLIENT", "TRACKINGINFO"))
                    .isEqualTo("[flags [on] redirect %s prefixes []]".formatted(id));
            assertThat(tracker.ask("CLIENT", "INFO")).contains(" flags=t ", " redir=" + id + " ");
            tracker.ask("GET", "unheard");
            writer.ask("SET", "unheard", "1"); // nobody listens yet
            assertThat(hearing.ask("SUBSCRIBE", "__redis__:invalidate"))
                    .isEqualTo("[subscribe __redis__:invalidate 1]");
            tracker.ask("GET", "a");
            writer.ask("SET", "a", "1");
            assertThat(hearing.read()).isEqualTo("[message __redis__:invalidate [a]]");
            assertThat(tracker.ask("GET", "a")).isEqualTo("1");
            writer.ask("FLUSHALL");
            assertThat(hearing.read()).isEqualTo("[message __redis__:invalidate nil]");
            assertThat(tracker.ask("CLIENT", "TRACKING", "OFF")).isEqualTo("OK");
            tracker.ask("GET", "a");
            writer.ask("SET", "a", "2");
            assertThat(hearing.ask("PING")).isEqualTo("[pong ]");
        }
    }

    @Test
    void inResp3NewsAreRedirectedAsPushesAndABrokenRedirectionIsTold() throws IOException {
        try (var tracker = node.connect();
                var writer = node.connect()) {
            tracker.ask("HELLO", "3");
            String id;
            try (var hearing = node.connect()) {
                hearing.ask("HELLO", "3");
                id = hearing.ask("CLIENT", "ID");
                assertThat(tracker.ask("CLIENT", "TRACKING", "ON", "redirect", id, "BCAST"))
                        .isEqualTo("OK");
                assertThat(tracker.ask("CLIENT", "INFO")).contains(" flags=tB ");
                writer.ask("SET", "a", "1");
                hearing.send("PING");
                assertThat(List.of(hearing.read(), hearing.read()))
                        .containsExactlyInAnyOrder("[invalidate [a]]", "PONG");
            }
            String gone = "id=" + id + " ";
            await("it is gone", () -> !asks(writer, "CLIENT", "LIST").contains(gone));
            writer.ask("SET", "a", "2");
            assertThat(tracker.read()).isEqualTo("[tracking-redir-broken " + id + "]");
            assertThat(tracker.ask("CLIENT", "TRACKINGINFO"))
                    .isEqualTo(
                            "[flags [on bcast broken_redirect] redirect %s prefixes []]"
                                    .formatted(id));
            assertThat(tracker.ask("CLIENT", "INFO")).contains(" flags=tRB ");
            assertThat(tracker.ask("CLIENT", "TRACKING", "OFF")).isEqualTo("OK");
            assertThat(tracker.ask("CLIENT", "TRACKING", "ON")).isEqualTo("OK");
            tracker.ask("GET", "a");
            writer.ask("SET", "a", "3");
            assertThat(tracker.read()).isEqualTo("[invalidate [a]]");
        }
    }

    @Test
    void aRedirectionThatMakesNoSenseIsRefusedAsRedisDoes() throws IOException {
        try (var wire = node.connect()) {
            String id = wire.ask("CLIENT", "ID");
            assertThat(wire.ask("CLIENT", "TRACKING", "ON", "REDIRECT", "123456"))
                    .isEqualTo("-ERR The client ID you want redirect to does not exist");
            assertThat(wire.ask("CLIENT", "TRACKING", "ON", "REDIRECT", "x"))
                    .isEqualTo("-ERR value is not an integer or out of range");
            assertThat(wire.ask("CLIENT", "TRACKING", "ON", "REDIRECT", id, "REDIRECT", id))
                    .isEqualTo("-ERR A client can only redirect to a single other client");
            assertThat(wire.ask("CLIENT", "TRACKING", "ON", "REDIRECT"))
                    .isEqualTo("-ERR syntax error");
            assertThat(wire.ask("CLIENT", "GETREDIR")).isEqualTo("-1");
            assertThat(wire.ask("SET", "a", "1")).isEqualTo("OK");
        }
    }

    @Test
    void trackingIsDoneByChoice() throws IOException {
        try (var tracker = node.connect();
                var writer = node.connect()) {
            tracker.ask("HELLO", "3");
            assertThat(tracker.ask("CLIENT", "CACHING", "YES")).startsWith("-ERR CLIENT CACHING");
            assertThat(tracker.ask("CLIENT", "TRACKING", "ON", "OPTIN")).isEqualTo("OK");
            tracker.ask("GET", "a");
            assertThat(tracker.ask("CLIENT", "CACHING", "YES")).isEqualTo("OK");
            tracker.ask("GET", "b");
            writer.ask("SET", "a", "1");
            writer.ask("SET", "b", "1");
            assertThat(tracker.read()).isEqualTo("[invalidate [b]]");
            tracker.ask("CLIENT", "CACHING", "YES");
            tracker.ask("MULTI");
            tracker.ask("GET", "a");
            tracker.ask("EXEC");
            writer.ask("SET", "a", "2");
            assertThat(tracker.read()).isEqualTo("[invalidate [a]]");
            assertThat(tracker.ask("CLIENT", "TRACKING", "ON", "OPTOUT")).startsWith("-ERR You");
            tracker.ask("CLIENT", "TRACKING", "OFF");
            assertThat(tracker.ask("CLIENT", "TRACKING", "ON", "OPTOUT")).isEqualTo("OK");
            tracker.ask("CLIENT", "CACHING", "NO");
            tracker.ask("GET", "a");
            tracker.ask("GET", "b");
            writer.ask("SET", "a", "3");
            writer.ask("SET", "b", "3");
            assertThat(tracker.read()).isEqualTo("[invalidate [b]]");
        }
    }

    @Test
    void whatAnotherClientHasReadIsNoNewsToTheNextWhoTracks() throws IOException {
        try (var first = node.connect();
                var second = node.connect();
                var writer = node.connect()) {
            for (var tracker : List.of(first, second)) {
                tracker.ask("HELLO", "3");
                assertThat(tracker.ask("CLIENT", "TRACKING", "ON")).isEqualTo("OK");
                tracker.ask("GET", tracker == first ? "a" : "b");
                if (tracker == first) {
                    assertThat(tracker.ask("CLIENT", "TRACKING", "OFF")).isEqualTo("OK");
                }
            }
            writer.ask("SET", "a", "1");
            writer.ask("SET", "b", "1");
            assertThat(second.read()).isEqualTo("[invalidate [b]]");
        }
    }

    @Test
    void newsOfOnesOwnAndOfOtherPrefixesAreSpared() throws IOException {
        try (var tracker = node.connect();
                var writer = node.connect()) {
            tracker.ask("HELLO", "3");
            assertThat(
                            tracker.ask(
                                    "CLIENT",
                                    "TRACKING",
                                    "ON",
                                    "NOLOOP",
                                    "BCAST",
                                    "PREFIX",
                                    "x:",
                                    "PREFIX",
                                    "redirect"))
                    .isEqualTo("OK");
            assertThat(tracker.ask("CLIENT", "TRACKINGINFO"))
                    .startsWith("[flags [on bcast noloop] redirect 0 prefixes [");
            writer.ask("SET", "y:1", "1");
            assertThat(tracker.ask("SET", "x:1", "1")).isEqualTo("OK");
            writer.ask("SET", "x:2", "1");
            assertThat(tracker.read()).isEqualTo("[invalidate [x:2]]");
            writer.ask("SET", "redirected", "1");
            assertThat(tracker.read()).isEqualTo("[invalidate [redirected]]");
        }
    }

    // ---- CLIENT

    @Test
    void clientsAreListedInRedissColumns() throws IOException {
        try (var wire = node.connect()) {
            wire.send("CLIENT", "INFO");
            String line = wire.readBytes();
            assertThat(line).startsWith("$");
            assertThat(names(line)).containsSubsequence(names(askEngine("CLIENT LIST")));
            assertThat(line).contains(" events=r ", " multi=-1 ", " qbuf=").doesNotContain("fd=-1");
            wire.ask("HELLO", "3");
            for (var what : List.of("INFO", "LIST")) {
                wire.send("CLIENT", what);
                assertThat(wire.readBytes()).startsWith("=").contains("\r\ntxt:id=");
            }
            assertThat(wire.ask("CLIENT", "LIST", "ID", "999999")).isEmpty();
        }
    }

    /// The names of the columns of the first line.
    private static List<String> names(String lines) {
        String line =
                lines.lines().filter(each -> each.startsWith("id=")).findFirst().orElseThrow();
        return Arrays.stream(line.split(" ", -1)).map(each -> each.split("=", -1)[0]).toList();
    }

    @Test
    void whatAClientDoesIsSeenFromItsFlags() throws IOException {
        try (var wire = node.connect();
                var other = node.connect()) {
            String id = other.ask("CLIENT", "ID");
            assertThat(flags(wire, id)).isEqualTo("N");
            other.send("BLPOP", "none", "0");
            await("it waits", () -> flags(wire, id).equals("b"));
            wire.ask("CLIENT", "UNBLOCK", id);
            assertThat(other.read()).isEqualTo("nil");
            assertThat(flags(wire, id)).isEqualTo("N");
            other.ask("MULTI");
            other.ask("CLIENT", "ID");
            other.ask("SET", "a", "1");
            assertThat(wire.ask("CLIENT", "LIST", "ID", id)).contains(" flags=x ", " multi=2 ");
            other.ask("EXEC");
            other.ask("READONLY");
            other.ask("CLIENT", "NO-EVICT", "ON");
            assertThat(flags(wire, id)).isEqualTo("re");
            assertThat(other.ask("CLIENT", "NO-EVICT", "MAYBE")).isEqualTo("-ERR syntax error");
            other.ask("CLIENT", "NO-EVICT", "OFF");
            other.ask("READWRITE");
            other.ask("PSUBSCRIBE", "p*");
            assertThat(flags(wire, id)).isEqualTo("P");
            assertThat(other.ask("RESET")).isEqualTo("RESET");
            other.ask("MONITOR");
            assertThat(flags(wire, id)).isEqualTo("O");
        }
    }

    private static String flags(Wire wire, String id) {
        var line = asks(wire, "CLIENT", "LIST", "ID", id);
        return line.replaceAll("(?s).* flags=(\\S*) .*", "$1");
    }

    @Test
    void theLogOfRefusalsIsForgottenThoughNobodyWantsToHearOfIt() throws IOException {
        try (var wire = node.connect()) {
            assertThat(wire.ask("AUTH", "nobody", "any")).startsWith("-WRONGPASS");
            wire.send("CLIENT", "REPLY", "SKIP");
            wire.send("ACL", "LOG", "RESET");
            assertThat(wire.ask("ACL", "LOG")).isEqualTo("[]");
        }
    }

    @Test
    void administrationIsNotShownToThoseWhoMonitor() throws IOException {
        try (var monitor = node.connect();
                var wire = node.connect()) {
            monitor.ask("MONITOR");
            for (var command :
                    List.of("CLIENT LIST", "ACL USERS", "SLOWLOG LEN", "LATENCY LATEST")) {
                assertThat(wire.ask(command.split(" "))).doesNotStartWith("-");
            }
            wire.ask("CLIENT", "ID");
            assertThat(monitor.read()).endsWith("\"CLIENT\" \"ID\"");
        }
    }

    @Test
    void nothingIsSortedByKeysThatMayBeElsewhere() throws IOException {
        String why =
                node.isSince(7, 4, 8, 0)
                        ? " when keys formed by the pattern may be in different slots."
                        : ".";
        String by = "-ERR BY option of SORT denied in Cluster mode" + why;
        String get = "-ERR GET option of SORT denied in Cluster mode" + why;
        try (var wire = node.connect()) {
            wire.ask("RPUSH", "l", "2", "1");
            assertThat(wire.ask("SORT", "l", "LIMIT", "0", "1", "BY", "w_*")).isEqualTo(by);
            assertThat(wire.ask("SORT_RO", "l", "get", "w_*")).isEqualTo(get);
            assertThat(wire.ask("SORT_RO", "l", "get", "#"))
                    .isEqualTo(node.isSince(8, 0, 8, 1) ? "[1 2]" : get);
            assertThat(wire.ask("SORT", "l", "BY", "nosort")).isEqualTo("[2 1]");
            assertThat(wire.ask("SORT", "l", "BY")).isEqualTo("-ERR syntax error");
            assertThat(wire.ask("MULTI")).isEqualTo("OK");
            assertThat(wire.ask("SORT", "l", "BY", "w_*", "STORE", "{l}m")).isEqualTo("QUEUED");
            assertThat(wire.ask("SORT", "l")).isEqualTo("QUEUED");
            assertThat(wire.ask("EXEC")).isEqualTo("[" + by + " [1 2]]");
            assertThat(wire.ask("EXISTS", "{l}m")).isEqualTo("0");
        }
    }

    @Test
    void thereIsNoOtherDatabase() throws IOException {
        boolean mayBeMore = node.isValkeySince(9, 0); // by configuration
        boolean isToldFirst = node.isSince(7, 2, 7, 2);
        String none = "-ERR DB index is out of range";
        String copying =
                isToldFirst
                        ? none
                        : "-ERR Copying to another database is not allowed in cluster mode";
        String moving = mayBeMore ? none : "-ERR MOVE is not allowed in cluster mode";
        String tooLarge =
                "-ERR value is out of range, value must between -2147483648 and 2147483647";
        String swapping = "-ERR SWAPDB is not allowed in cluster mode";
        try (var wire = node.connect()) {
            wire.ask("SET", "a", "1");
            assertThat(wire.ask("COPY", "a", "{a}b", "REPLACE", "DB", "1")).isEqualTo(copying);
            assertThat(wire.ask("COPY", "a", "{a}b", "DB", "16")).isEqualTo(none);
            assertThat(wire.ask("COPY", "a", "{a}b", "DB", "4294967297")).isEqualTo(tooLarge);
            assertThat(wire.ask("SELECT", "4294967297")).isEqualTo(tooLarge);
            assertThat(wire.ask("MOVE", "a", "4294967297"))
                    .isEqualTo(mayBeMore ? tooLarge : moving);
            assertThat(wire.ask("COPY", "a", "{a}b", "DB", "1", "DB"))
                    .isEqualTo(isToldFirst ? none : "-ERR syntax error");
            assertThat(wire.ask("COPY", "a", "{a}b", "DB", "0")).isEqualTo("1");
            assertThat(wire.ask("MOVE", "a", "1")).isEqualTo(moving);
            assertThat(wire.ask("MOVE", "a".repeat(2 << 20), "1")).isEqualTo(moving);
            assertThat(wire.ask("SWAPDB", "0", "0")).isEqualTo(swapping);
            assertThat(wire.ask("EVAL", "return redis.call('swapdb', 0, 0)", "0")).startsWith("-");
            assertThat(wire.ask("MULTI")).isEqualTo("OK");
            assertThat(wire.ask("MOVE", "a", "1")).isEqualTo("QUEUED");
            assertThat(wire.ask("COPY", "a", "{a}c", "DB", "1")).isEqualTo("QUEUED");
            assertThat(wire.ask("GET", "{a}b")).isEqualTo("QUEUED");
            assertThat(wire.ask("EXEC")).isEqualTo("[" + moving + " " + copying + " 1]");
            assertThat(wire.ask("MULTI")).isEqualTo("OK");
            assertThat(wire.ask("MOVE", "a".repeat(2 << 20), "1")).isEqualTo(moving);
            assertThat(wire.ask("EXEC")).startsWith("-EXECABORT");
        }
    }

    @Test
    void clientsAreKilledByWhatTheyHaveInCommon() throws IOException {
        try (var wire = node.connect()) {
            String address = field(wire.ask("CLIENT", "INFO"), "laddr");
            var filters =
                    List.of(
                            List.of("TYPE", "pubsub"),
                            List.of("ADDR"),
                            List.of("LADDR", address, "TYPE", "pubsub"),
                            List.of("USER", "default", "TYPE", "pubsub"));
            for (var filter : filters) {
                try (var victim = node.connect();
                        var bystander = node.connect()) {
                    bystander.ask("PING");
                    String own = field(victim.ask("CLIENT", "INFO"), "addr");
                    victim.ask("SUBSCRIBE", "c");
                    var command = new java.util.ArrayList<>(List.of("CLIENT", "KILL"));
                    command.addAll(filter);
                    if (filter.equals(List.of("ADDR"))) {
                        command.add(own);
                    }
                    assertThat(wire.ask(command.toArray(new String[0]))).isEqualTo("1");
                    assertThatThrownBy(victim::read).isInstanceOf(IOException.class);
                    assertThat(bystander.ask("PING")).isEqualTo("PONG");
                }
            }
            assertThat(wire.ask("CLIENT", "KILL", "LADDR", "127.0.0.1:1")).isEqualTo("0");
            assertThat(wire.ask("CLIENT", "KILL", "ID")).isEqualTo("-ERR No such client");
            assertThat(wire.ask("CLIENT", "KILL", "ID", "x")).isEqualTo(noId());
            assertThat(wire.ask("CLIENT", "KILL", "USER", "nobody"))
                    .isEqualTo("-ERR No such user 'nobody'");
            assertThat(wire.ask("CLIENT", "KILL", "TYPE", "odd"))
                    .isEqualTo("-ERR Unknown client type 'odd'");
            assertThat(wire.ask("CLIENT", "KILL", "SKIPME", "maybe"))
                    .isEqualTo("-ERR syntax error");
            assertThat(wire.ask("PING")).isEqualTo("PONG");
        }
    }

    private static String noId() {
        return node.isValkeySince(8, 1)
                ? "-ERR syntax error"
                : "-ERR client-id should be greater than 0";
    }

    private static String field(String line, String name) {
        return line.replaceAll("(?s).* " + name + "=(\\S*) .*", "$1");
    }

    @Test
    void whoeverNeverReadsIsCutOff(@TempDir Path separate) throws Exception {
        var limits = new ProtocolLimits(64 * 1024, 1024, 1 << 20);
        var bounded = FrontOptions.of(limits, 100, 64L << 20, 8 << 20, 64L << 20);
        try (var small = ServedNode.start(separate, bounded)) {
            small.front().onDurable(Long.MAX_VALUE);
            try (var bystander = small.connect();
                    var lazy = small.connect()) {
                assertThat(bystander.ask("SET", "a", "v".repeat(256 << 10))).isEqualTo("OK");
                String id = lazy.ask("CLIENT", "ID");
                int unread = 200; // 50 MiB of replies
                for (int i = 0; i < unread; i++) {
                    lazy.send("GET", "a");
                }
                await("it is gone", () -> asks(bystander, "CLIENT", "LIST", "ID", id).isEmpty());
                assertThatThrownBy(
                                () -> {
                                    for (int i = 0; i < unread; i++) {
                                        lazy.read();
                                    }
                                })
                        .isInstanceOf(IOException.class);
                assertThat(bystander.ask("STRLEN", "a")).isEqualTo("262144");
            }
        }
    }

    // ---- users

    @Test
    void whatAUserMayDoIsToldOfTheUserAndNotOfANamesake() throws IOException {
        var known = AccessUser.unrestrictedDefault();
        String who = node.isSince(7, 2, 7, 2) ? "User some" : "This user";
        try (var wire = node.connect()) {
            assertThat(wire.ask("ACL", "DRYRUN", "default", "GET", "a")).isEqualTo("OK");
            assertThat(wire.ask("ACL", "DRYRUN", "default", "CONFIG", "GET", "x"))
                    .isEqualTo("-ERR Command 'CONFIG' not found");
            assertThat(wire.ask("ACL", "DRYRUN", "default", "ACL", "SETUSER", "x"))
                    .isEqualTo("-ERR Command 'ACL' not found");
            for (var hidden : List.of("default:clients", "example:clients", "nobody")) {
                assertThat(wire.ask("ACL", "DRYRUN", hidden, "GET", "a"))
                        .isEqualTo("-ERR User '%s' not found".formatted(hidden));
            }
            node.front()
                    .permit(
                            List.of(
                                    known,
                                    new AccessUser(
                                            "some", true, true, Set.of(), false, "~k* +get")));
            await("the user is known", () -> node.front().admittedUsers().contains("some"));
            assertThat(wire.ask("ACL", "DRYRUN", "some", "GET", "k1")).isEqualTo("OK");
            assertThat(wire.ask("ACL", "DRYRUN", "some", "SET", "k1", "v"))
                    .isEqualTo(who + " has no permissions to run the 'set' command");
            assertThat(wire.ask("ACL", "DRYRUN", "some", "ROLE"))
                    .isEqualTo(who + " has no permissions to run the 'role' command");
            assertThat(wire.ask("ACL", "DRYRUN", "some", "GET", "x"))
                    .isEqualTo(who + " has no permissions to access the 'x' key");
            assertThat(wire.ask("ACL", "DRYRUN", "some", "GET"))
                    .isEqualTo("-ERR wrong number of arguments for 'get' command");
        } finally {
            node.front().permit(List.of(known));
        }
    }

    // ---- durability

    @Test
    void newsWaitUntilTheyAreDurable(@TempDir Path separate) throws Exception {
        try (var late = ServedNode.start(separate, FrontOptions.standard());
                var hearing = late.connect();
                var tracker = late.connect();
                var writer = late.connect()) {
            ask(late, "CONFIG SET notify-keyspace-events KEA");
            String id = hearing.ask("CLIENT", "ID");
            hearing.send("SUBSCRIBE", "__redis__:invalidate", "__keyevent@0__:set");
            late.front().onDurable(1_000);
            assertThat(hearing.read()).isEqualTo("[subscribe __redis__:invalidate 1]");
            assertThat(hearing.read()).isEqualTo("[subscribe __keyevent@0__:set 2]");
            assertThat(tracker.ask("CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST"))
                    .isEqualTo("OK");
            writer.send("SET", "a", "v".repeat(2_000));
            await("the engine has executed it", () -> ask(late, "GET a").contains("vvv"));
            assertThat(hearing.hasReplyWithin(50)).isFalse();
            late.front().onDurable(100_000);
            assertThat(List.of(hearing.read(), hearing.read()))
                    .containsExactlyInAnyOrder(
                            "[message __redis__:invalidate [a]]", "[message __keyevent@0__:set a]");
            assertThat(writer.read()).isEqualTo("OK");
        }
    }

    @Test
    void whoeverLeavesIsAnsweredFirstWhatWaits(@TempDir Path separate) throws Exception {
        try (var late = ServedNode.start(separate, FrontOptions.standard());
                var leaving = late.connect();
                var rambling = late.connect()) {
            leaving.sendRaw("SET a 1\r\nINCR a\r\nQUIT\r\nINCR a\r\n");
            rambling.sendRaw("SET b 1\r\nINCR b\r\n*1\r\nINCR b\r\n");
            await("both are executed", () -> ask(late, "MGET a b").matches("(?s).*2.*2\\s*"));
            assertThat(leaving.hasReplyWithin(50)).isFalse();
            assertThat(rambling.hasReplyWithin(1)).isFalse();
            late.front().onDurable(Long.MAX_VALUE);
            assertThat(List.of(leaving.read(), leaving.read(), leaving.read()))
                    .containsExactly("OK", "2", "OK");
            assertThat(List.of(rambling.read(), rambling.read(), rambling.read()))
                    .containsExactly("OK", "2", "-ERR Protocol error: expected '$', got 'I'");
            for (var wire : List.of(leaving, rambling)) {
                assertThatThrownBy(wire::read).isInstanceOf(EOFException.class);
            }
            assertThat(ask(late, "MGET a b")).contains("2").doesNotContain("3");
        }
    }

    @Test
    void repliesThatWaitAreCountedHoweverLargeTheyAre(@TempDir Path separate) throws Exception {
        int bytes = 2 << 20;
        try (var late = ServedNode.start(separate, FrontOptions.standard());
                var client = late.connect();
                var other = late.connect()) {
            String id = client.ask("CLIENT", "ID");
            client.send("SET", "a", "v".repeat(bytes));
            client.send("GET", "a");
            await(
                    "both replies wait",
                    () -> {
                        var line = asks(other, "CLIENT", "LIST", "ID", id);
                        return Long.parseLong(field(line, "omem")) > bytes;
                    });
            late.front().onDurable(Long.MAX_VALUE);
            assertThat(client.read()).isEqualTo("OK");
            assertThat(client.read()).hasSize(bytes);
        }
    }

    // ---- what the tests need

    private static String asks(Wire wire, String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String askEngine(String line) {
        return ask(node, line);
    }

    /// What the engine answers itself, as far as it fits into a buffer.
    private static String ask(ServedNode of, String line) {
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(of.engine().socket()));
            channel.write(ByteBuffer.wrap((line + "\r\n").getBytes(StandardCharsets.US_ASCII)));
            var answer = ByteBuffer.allocate(1 << 16);
            channel.read(answer);
            return new String(answer.array(), 0, answer.position(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
