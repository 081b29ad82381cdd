package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.RecordedCommands;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What the front answers by itself has the shape that a stock server's answer has: the same types,
/// and the same fields of maps, in both versions of RESP. Before each of the [TestEngines] that a
/// run takes.
class FrontTypesIT {
    /// One or more invocations of every command that the front answers; `ID` is the node's own.
    private static final Map<String, List<String>> INVOCATIONS =
            Map.ofEntries(
                    Map.entry(
                            "acl|dryrun",
                            List.of(
                                    "ACL DRYRUN default get k",
                                    "ACL DRYRUN nobody get k",
                                    "ACL DRYRUN default none")),
                    Map.entry("acl|getuser", List.of("ACL GETUSER default", "ACL GETUSER nobody")),
                    Map.entry("acl|list", List.of("ACL LIST")),
                    Map.entry(
                            "acl|log", List.of("ACL LOG", "ACL LOG 0", "ACL LOG RESET", "ACL LOG")),
                    Map.entry("acl|users", List.of("ACL USERS")),
                    Map.entry("acl|whoami", List.of("ACL WHOAMI")),
                    Map.entry("asking", List.of("ASKING")),
                    Map.entry("auth", List.of("AUTH nobody wrong", "AUTH wrong")),
                    Map.entry("client", List.of("CLIENT", "CLIENT WRONG")),
                    Map.entry("client|caching", List.of("CLIENT CACHING YES")),
                    Map.entry("client|capa", List.of("CLIENT CAPA redirect")),
                    Map.entry("client|getname", List.of("CLIENT GETNAME")),
                    Map.entry("client|getredir", List.of("CLIENT GETREDIR")),
                    Map.entry("client|id", List.of("CLIENT ID")),
                    Map.entry(
                            "client|import-source",
                            List.of("CLIENT IMPORT-SOURCE ON", "CLIENT IMPORT-SOURCE OFF")),
                    Map.entry("client|info", List.of("CLIENT INFO")),
                    Map.entry("client|kill", List.of("CLIENT KILL ID 0", "CLIENT KILL 1.1.1.1:1")),
                    Map.entry("client|list", List.of("CLIENT LIST", "CLIENT LIST ID 0")),
                    Map.entry("client|no-evict", List.of("CLIENT NO-EVICT ON")),
                    Map.entry("client|no-touch", List.of("CLIENT NO-TOUCH ON")),
                    Map.entry("client|pause", List.of("CLIENT PAUSE 0")),
                    Map.entry("client|reply", List.of("CLIENT REPLY ON")),
                    Map.entry("client|setinfo", List.of("CLIENT SETINFO lib-name n")),
                    Map.entry("client|setname", List.of("CLIENT SETNAME n", "CLIENT GETNAME")),
                    Map.entry("client|tracking", List.of("CLIENT TRACKING OFF")),
                    Map.entry("client|trackinginfo", List.of("CLIENT TRACKINGINFO")),
                    Map.entry("client|unblock", List.of("CLIENT UNBLOCK 0")),
                    Map.entry("client|unpause", List.of("CLIENT UNPAUSE")),
                    Map.entry("cluster", List.of("CLUSTER", "CLUSTER WRONG")),
                    Map.entry(
                            "cluster|count-failure-reports",
                            List.of("CLUSTER COUNT-FAILURE-REPORTS ID")),
                    Map.entry("cluster|countkeysinslot", List.of("CLUSTER COUNTKEYSINSLOT 7629")),
                    Map.entry("cluster|getkeysinslot", List.of("CLUSTER GETKEYSINSLOT 7629 1")),
                    Map.entry("cluster|help", List.of("CLUSTER HELP")),
                    Map.entry("cluster|info", List.of("CLUSTER INFO")),
                    Map.entry("cluster|keyslot", List.of("CLUSTER KEYSLOT k")),
                    Map.entry("cluster|links", List.of("CLUSTER LINKS")),
                    Map.entry("cluster|myid", List.of("CLUSTER MYID")),
                    Map.entry("cluster|myshardid", List.of("CLUSTER MYSHARDID")),
                    Map.entry("cluster|nodes", List.of("CLUSTER NODES")),
                    Map.entry("cluster|replicas", List.of("CLUSTER REPLICAS ID")),
                    Map.entry("cluster|shards", List.of("CLUSTER SHARDS")),
                    Map.entry("cluster|slaves", List.of("CLUSTER SLAVES ID")),
                    Map.entry(
                            "cluster|slot-stats",
                            List.of(
                                    "CLUSTER SLOT-STATS SLOTSRANGE 7629 7629",
                                    "CLUSTER SLOT-STATS ORDERBY key-count LIMIT 1")),
                    Map.entry("cluster|slots", List.of("CLUSTER SLOTS")),
                    Map.entry("hello", List.of("HELLO", "HELLO 9")),
                    Map.entry("monitor", List.of("MONITOR")),
                    Map.entry("quit", List.of("QUIT")),
                    Map.entry("readonly", List.of("READONLY")),
                    Map.entry("readwrite", List.of("READWRITE")),
                    Map.entry("reset", List.of("RESET")),
                    Map.entry("role", List.of("ROLE")),
                    Map.entry("select", List.of("SELECT 0", "SELECT 1")),
                    Map.entry("wait", List.of("WAIT 0 0")),
                    Map.entry("waitaof", List.of("WAITAOF 0 0 0", "WAITAOF 0 0 x")));

    @TempDir static Path directory;
    private static Compared compared;

    @BeforeAll
    static void start() throws Exception {
        compared = new Compared(directory);
        for (var engine : compared.names()) {
            var pair = compared.of(engine);
            for (var wire : List.of(pair.node().connect(), pair.stock().connect())) {
                wire.ask("SET", "k", "v");
                wire.close();
            }
        }
    }

    @AfterAll
    static void stop() throws Exception {
        compared.close();
    }

    static List<Arguments> runs() {
        return compared.names().stream()
                .flatMap(
                        engine -> Stream.of("2", "3").map(version -> Arguments.of(engine, version)))
                .toList();
    }

    @Test
    void everyCommandOfTheFrontIsCompared() {
        var rows = new TreeSet<String>();
        for (var engine : RecordedCommands.engines()) {
            for (var spec : RecordedCommands.table(engine).all()) {
                if (spec.handling() == CommandSpec.Handling.FRONT) {
                    rows.add(spec.name());
                }
            }
        }
        assertThat(INVOCATIONS.keySet()).containsExactlyInAnyOrderElementsOf(rows);
    }

    @ParameterizedTest
    @MethodSource("runs")
    void whatTheFrontAnswersHasTheEnginesTypes(String engine, String protocol) throws Exception {
        var differences = new ArrayList<String>();
        var pair = compared.of(engine);
        for (var entry : INVOCATIONS.entrySet()) {
            var invocations = entry.getValue();
            try (var here = pair.node().connect();
                    var there = pair.stock().connect()) {
                if (there.ask("COMMAND", "INFO", entry.getKey()).equals("[nil]")) {
                    continue; // of newer engines
                }
                for (var wire : List.of(here, there)) {
                    wire.ask("HELLO", protocol);
                    wire.ask("AUTH", "nobody", "wrong"); // for ACL LOG
                }
                for (var invocation : invocations) {
                    String found = shape(here, invocation);
                    String expected = shape(there, invocation);
                    if (!found.equals(expected)) {
                        differences.add("%s: %s, there: %s".formatted(invocation, found, expected));
                    }
                }
            }
        }
        assertThat(differences).isEmpty();
    }

    /// In which letters somebody has called a command is kept.
    @Test
    void aFailedLoginIsNamedAsItWasGiven() throws Exception {
        for (String protocol : List.of("2", "3")) {
            try (var wire = compared.of(compared.names().getFirst()).node().connect()) {
                wire.ask("HELLO", protocol);
                wire.ask("ACL", "LOG", "RESET");
                wire.ask("AuTh", "nobody", "wrong");
                wire.send("ACL", "LOG");
                assertThat(wire.readBytes())
                        .contains("$6\r\nobject\r\n$4\r\nAuTh\r\n")
                        .containsPattern(
                                protocol.equals("3")
                                        ? "age-seconds\r\n,[0-9.]+\r\n"
                                        : "age-seconds\r\n\\$\\d+\r\n[0-9.]+\r\n");
            }
        }
    }

    private static String shape(Wire wire, String invocation) throws IOException {
        String id = wire.ask("CLUSTER", "MYID");
        wire.send(
                invocation
                        .replace("ID", "\u0001")
                        .replace(" \u0001", " " + id)
                        .replace("\u0001", "ID")
                        .split(" ", -1));
        return new Shape(wire.readBytes()).next();
    }

    /// Reads the types out of a reply's bytes.
    private static final class Shape {
        private final String reply;
        private int at;

        Shape(String reply) {
            this.reply = reply;
        }

        String next() {
            char type = reply.charAt(at);
            int end = reply.indexOf("\r\n", at);
            String line = reply.substring(at + 1, end);
            at = end + 2;
            return switch (type) {
                case '+' -> "simple";
                case '-' -> "error " + line.split(" ", 2)[0];
                case ':' -> "integer";
                case ',' -> "double";
                case '#' -> "boolean";
                case '_' -> "null";
                case '$' -> line.equals("-1") ? "null bulk" : skip("bulk", line);
                case '=' -> skip("verbatim", line);
                case '*' -> line.equals("-1") ? "null array" : "array" + items(line);
                case '~' -> "set" + items(line);
                case '>' -> "push" + items(line);
                case '%' -> "map" + fields(line);
                default -> throw new IllegalStateException("type " + type + " in " + reply);
            };
        }

        private String skip(String type, String length) {
            at += Integer.parseInt(length) + 2;
            return type;
        }

        /// Of how many items there are nothing is said.
        private String items(String count) {
            var types = new LinkedHashSet<String>();
            for (int i = 0; i < Integer.parseInt(count); i++) {
                types.add(next());
            }
            return types.toString();
        }

        private String fields(String count) {
            var fields = new ArrayList<String>();
            for (int i = 0; i < Integer.parseInt(count); i++) {
                int from = reply.indexOf("\r\n", at) + 2;
                next();
                fields.add(reply.substring(from, at - 2) + ": " + next());
            }
            return fields.toString();
        }
    }
}
