package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The same commands to a replica here and to one of stock servers in cluster mode, most of them
/// scripts: what they answer is the same, but for where a primary is.
class StockReplicaComparisonIT {
    private static final String LIBRARY =
            "#!lua name=lib\n"
                    + "redis.register_function{function_name='reads', flags={'no-writes'},"
                    + " callback=function(keys) return redis.call('GET', keys[1] or 'k') end}\n"
                    + "redis.register_function{function_name='tries', flags={'no-writes'},"
                    + " callback=function(keys) return redis.call('SET', keys[1] or 'k', 'x') end}\n"
                    + "redis.register_function('writes', function(keys) return redis.call('SET',"
                    + " keys[1] or 'k', 'x') end)";
    private static final String GET = "return redis.call('GET', KEYS[1] or 'k')";
    private static final String SET = "return redis.call('SET', KEYS[1] or 'k', 'x')";
    private static final String PCALL =
            "local r = redis.pcall('SET', 'k', 'x') return type(r) .. r.err";
    private static final String DECLARED = "#!lua\n" + GET;
    private static final String READ_ONLY = "#!lua flags=no-writes\n" + GET;
    private static final String READ_ONLY_THAT_WRITES = "#!lua flags=no-writes\n" + SET;
    private static final String NON_LOCAL =
            "-ERR Script attempted to access a non local key in a cluster node";
    private static final String MISSING = "0".repeat(40);

    private static final List<List<String>> COMMANDS = commands();

    private static List<List<String>> commands() {
        var commands = new ArrayList<List<String>>();
        for (String keys : List.of("0", "1 k")) {
            var tail = List.of(keys.split(" ", -1));
            for (String script :
                    List.of(
                            "return 1",
                            GET,
                            SET,
                            PCALL,
                            DECLARED,
                            READ_ONLY,
                            READ_ONLY_THAT_WRITES,
                            "return )")) {
                commands.add(with(tail, "EVAL", script));
                commands.add(with(tail, "EVAL_RO", script));
                commands.add(List.of("SCRIPT", "LOAD", script));
            }
            for (String sha : List.of(MISSING, sha(SET), sha(DECLARED), sha(READ_ONLY))) {
                commands.add(with(tail, "EVALSHA", sha));
                commands.add(with(tail, "EVALSHA_RO", sha));
                commands.add(List.of("SCRIPT", "EXISTS", sha));
            }
            for (String function : List.of("reads", "tries", "writes", "missing")) {
                commands.add(with(tail, "FCALL", function));
                commands.add(with(tail, "FCALL_RO", function));
            }
            for (List<String> queued :
                    List.of(
                            List.of("EVAL", "return 1", "0"),
                            with(tail, "EVAL", GET),
                            with(tail, "EVAL", SET),
                            with(tail, "EVALSHA", MISSING),
                            with(tail, "FCALL", "reads"),
                            List.of("FCALL", "writes", "0"))) {
                commands.add(List.of("MULTI"));
                commands.add(queued);
                commands.add(List.of("EXEC"));
            }
        }
        commands.add(List.of("FUNCTION", "KILL"));
        commands.add(List.of("FUNCTION", "LOAD", "REPLACE", LIBRARY));
        commands.add(List.of("FUNCTION", "DELETE", "lib"));
        commands.add(List.of("FUNCTION", "DELETE", "missing"));
        commands.add(List.of("FUNCTION", "FLUSH"));
        commands.add(List.of("FUNCTION", "RESTORE", "x"));
        commands.add(List.of("FUNCTION", "LIST", "LIBRARYNAME", "missing"));
        commands.add(List.of("FUNCTION", "STATS"));
        commands.add(List.of("FUNCTION", "WRONG"));
        commands.add(List.of("SCRIPT", "KILL"));
        commands.add(List.of("SCRIPT", "FLUSH"));
        commands.add(List.of("SCRIPT", "EXISTS", sha(SET)));
        commands.add(List.of("GET", "k"));
        commands.add(List.of("SET", "k", "x"));
        commands.add(List.of("DEL", "k"));
        commands.add(List.of("FLUSHALL"));
        commands.add(List.of("DBSIZE"));
        commands.add(List.of("WAIT", "0", "0"));
        return commands;
    }

    private static List<String> with(List<String> tail, String... head) {
        var command = new ArrayList<>(List.of(head));
        command.addAll(tail);
        return command;
    }

    private static String sha(String script) {
        try {
            var digest = MessageDigest.getInstance("SHA-1");
            return HexFormat.of().formatHex(digest.digest(script.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }

    @TempDir static Path directory;
    @TempDir static Path ofPrimary;
    @TempDir static Path ofReplica;
    private static TestServer server;
    private static StockServer stockPrimary;
    private static StockServer stockReplica;

    @BeforeAll
    static void start() throws Exception {
        stockPrimary = StockServer.start(ofPrimary);
        stockReplica = stockPrimary.startReplica(ofReplica);
        server = TestServer.start(directory);
        server.api().create("demo", 1, 1, 0, server.endpointPort());
        for (boolean stock : List.of(true, false)) {
            try (var primary = stock ? stockPrimary.connect() : node(true);
                    var replica = stock ? stockReplica.connect() : node(false)) {
                assertThat(primary.ask("FUNCTION", "LOAD", LIBRARY)).isEqualTo("lib");
                assertThat(primary.ask("SET", "k", "v")).isEqualTo("OK");
                replica.ask("READONLY");
                await("the replica has it", () -> asks(replica, "GET", "k").equals("v"));
            }
        }
    }

    private static String asks(Wire wire, String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Wire node(boolean primary) throws IOException {
        for (var node : server.api().describe("demo").shards().getFirst().nodes()) {
            var wire = Wire.to(node);
            if (wire.ask("ROLE").startsWith("[master") == primary) {
                return wire;
            }
            wire.close();
        }
        throw new IOException("the cluster has no such node");
    }

    @AfterAll
    static void stop() {
        server.close();
        stockReplica.close();
        stockPrimary.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"READONLY", "READWRITE"})
    void aReplicaAnswersAsOneOfRedis(String mode) throws Exception {
        var differences = new ArrayList<String>();
        try (var here = node(false);
                var there = stockReplica.connect()) {
            for (String protocol : List.of("2", "3")) {
                for (var wire : List.of(here, there)) {
                    wire.ask("HELLO", protocol);
                    assertThat(wire.ask(mode)).isEqualTo("OK");
                    wire.ask("SCRIPT", "FLUSH");
                }
                for (var command : COMMANDS) {
                    var words = command.toArray(new String[0]);
                    String answer = withoutPort(here.ask(words));
                    String expected = withoutPort(there.ask(words));
                    // Scripts here may reach for keys that they have not named.
                    if (!answer.equals(expected) && !expected.contains(NON_LOCAL)) {
                        differences.add("%s: %s, there: %s".formatted(command, answer, expected));
                    }
                }
            }
        }
        assertThat(differences).isEmpty();
    }

    private static String withoutPort(String reply) {
        return reply.replaceAll("^(-MOVED \\d+ 127.0.0.1):\\d+$", "$1");
    }
}
