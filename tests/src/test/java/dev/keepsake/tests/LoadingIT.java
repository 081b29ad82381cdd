package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a node serves that is loading: what Redis marks by the flag `loading`, and little else.
class LoadingIT {
    /// With the flag, and not served: an engine has to keep it, or it would be heard by nobody.
    private static final Set<String> ONLY_BY_A_SERVING_ENGINE =
            Set.of("acl|dryrun", "client|tracking", "spublish");

    /// Without the flag, and served: where to find what is not here.
    private static final String TOPOLOGY = "cluster|";

    private static final Set<String> HARMLESS = Set.of("asking", "client|setinfo", "wait");

    @TempDir static Path behindAFront;
    @TempDir static Path alone;
    private static ServedNode node;
    private static Map<String, Set<String>> flags;

    @BeforeAll
    static void start() throws Exception {
        node = ServedNode.startDurable(behindAFront);
        try (var stock = StockServer.start(alone);
                var wire = stock.connect()) {
            wire.send("COMMAND");
            flags = new TreeMap<>();
            collect((RespValue.ArrayReply) wire.readValue());
        }
        load();
    }

    private static void load() {
        node.front().stopServing();
        node.front().consult(node.engine().socket());
        await("it is loading", () -> !node.front().isServing());
    }

    private static void collect(RespValue.ArrayReply commands) {
        for (var command : commands.items()) {
            var parts = ((RespValue.ArrayReply) command).items();
            var words = new TreeSet<String>();
            ((RespValue.ArrayReply) parts.get(2))
                    .items()
                    .forEach(flag -> words.add(Wire.show(flag)));
            flags.put(Wire.show(parts.getFirst()), words);
            collect((RespValue.ArrayReply) parts.get(9));
        }
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    @Test
    void theTableHasTheFlagsOfTheEngine() {
        var differences = new ArrayList<String>();
        for (var spec : node.commands().all()) {
            var ofEngine = flags.get(spec.name());
            if (ofEngine != null && ofEngine.contains("loading") != spec.isServedWhileLoading()) {
                differences.add(spec.name());
            }
            // Replicas refuse what is a write by itself, and nothing else.
            if (ofEngine != null && ofEngine.contains("write") == spec.isCarriedOutByReplicas()) {
                differences.add(spec.name() + " on replicas");
            }
        }
        assertThat(differences).containsExactly("exec on replicas"); // as what it executes
    }

    @Test
    void whatHasTheFlagIsServedAndNothingElse() throws Exception {
        var wronglyRefused = new TreeSet<String>();
        var wronglyServed = new TreeSet<String>();
        for (var spec : node.commands().all()) {
            boolean offered =
                    switch (spec.handling()) {
                        case FRONT, OWN_LANE, SHARED_LANE -> true;
                        case REFUSED, WITHHELD -> false;
                    };
            boolean family = flags.containsKey(spec.name()) && isFamily(spec.name());
            if (!offered || family || !flags.containsKey(spec.name())) {
                continue;
            }
            boolean served = !ask(spec).startsWith("-LOADING");
            if (spec.isServedWhileLoading() && !served) {
                wronglyRefused.add(spec.name());
            } else if (!spec.isServedWhileLoading() && served) {
                wronglyServed.add(spec.name());
            }
        }
        assertThat(wronglyRefused).containsExactlyInAnyOrderElementsOf(ONLY_BY_A_SERVING_ENGINE);
        assertThat(wronglyServed)
                .allMatch(name -> name.startsWith(TOPOLOGY) || HARMLESS.contains(name));
    }

    private static boolean isFamily(String name) {
        return !name.equals("command")
                && flags.keySet().stream().anyMatch(other -> other.startsWith(name + "|"));
    }

    private static String ask(CommandSpec spec) throws IOException {
        var words = new ArrayList<>(List.of(spec.name().split("\\|", -1)));
        while (words.size() < Math.abs(spec.arity())) {
            words.add("x");
        }
        try (var wire = node.connect()) {
            if (spec.name().equals("exec") || spec.name().equals("discard")) {
                wire.ask("MULTI");
            }
            if (spec.name().equals("client|reply")) {
                words.set(2, "ON");
            }
            return wire.ask(words.toArray(new String[0]));
        }
    }

    @Test
    void whatIsAnsweredIsRight() throws Exception {
        for (String protocol : List.of("2", "3")) {
            try (var wire = node.connect()) {
                wire.ask("HELLO", protocol);
                assertThat(wire.ask("ECHO", "x")).isEqualTo("x");
                assertThat(wire.ask("TIME")).matches("\\[\\d{10} \\d{1,6}]");
                assertThat(wire.ask("INFO", "persistence"))
                        .startsWith("# Persistence\r\nloading:1\r\n")
                        .doesNotContain("# Server");
                assertThat(wire.ask("INFO")).contains("loading:1", "role:master", "# Server");
                assertThat(wire.ask("SLOWLOG", "GET")).isEqualTo("[]");
                assertThat(wire.ask("SLOWLOG", "GET", "x")).startsWith("-ERR value is not");
                assertThat(wire.ask("LATENCY", "HISTOGRAM")).isEqualTo("[]");
                assertThat(wire.ask("PUBSUB", "NUMSUB", "a", "b")).isEqualTo("[a 0 b 0]");
                assertThat(wire.ask("ACL", "LOG")).isEqualTo("[]");
                assertThat(wire.ask("CLIENT", "TRACKINGINFO"))
                        .isEqualTo("[flags [off] redirect -1 prefixes []]");
                assertThat(wire.ask("CLIENT", "CACHING", "YES")).contains("only when the client");
                assertThat(wire.ask("PUBLISH", "channel", "nobody hears it")).isEqualTo("0");
                assertThat(wire.ask("ACL", "GENPASS")).matches("[0-9a-f]{64}");
                assertThat(wire.ask("ACL", "GENPASS", "5")).matches("[0-9a-f]{2}");
                assertThat(wire.ask("ACL", "GENPASS", "4096")).matches("[0-9a-f]{1024}");
                assertThat(wire.ask("ACL", "GENPASS", "4097")).contains("positive number up to");
                assertThat(wire.ask("ACL", "GENPASS", "0")).contains("positive number up to");
                assertThat(wire.ask("ACL", "GENPASS", "x")).startsWith("-ERR value is not");
                assertThat(wire.ask("GET", "k")).startsWith("-LOADING");
                assertThat(wire.ask("PING")).startsWith("-LOADING");
            }
        }
    }

    /// The engine says it that is loading, in the words of a node that serves.
    @Test
    void whichCommandsThereAreIsSaidAsByANodeThatServes() throws Exception {
        for (String protocol : List.of("2", "3")) {
            var whileLoading = askForCommands(protocol);
            node.front().servePrimary(node.engine().socket(), () -> true).get(60, SECONDS);
            node.front().onDurable(Long.MAX_VALUE);
            try {
                assertThat(askForCommands(protocol)).isEqualTo(whileLoading);
            } finally {
                load();
            }
            assertThat(whileLoading.get("COMMAND GETKEYS MSET a 1 b 2")).isEqualTo("[a b]");
            assertThat(whileLoading.get("COMMAND INFO get config")).startsWith("[[get 2 ");
            assertThat(whileLoading.get("COMMAND LIST"))
                    .contains("getrange")
                    .doesNotContain("bgsave");
        }
    }

    /// The engine lists commands in the order of its hash table, which it may be about to move.
    private static Map<String, String> askForCommands(String protocol) throws IOException {
        var answers = new TreeMap<String, String>();
        try (var wire = node.connect()) {
            wire.ask("HELLO", protocol);
            for (String question :
                    List.of(
                            "COMMAND",
                            "COMMAND COUNT",
                            "COMMAND LIST",
                            "COMMAND DOCS get",
                            "COMMAND INFO get config",
                            "COMMAND GETKEYS MSET a 1 b 2",
                            "COMMAND GETKEYS GET",
                            "XINFO HELP",
                            "ACL CAT keyspace")) {
                String answer = wire.ask(question.split(" ", -1));
                boolean anyOrder = !question.contains("GETKEYS") && !question.contains("INFO");
                answers.put(question, anyOrder ? sorted(answer) : answer);
            }
        }
        return answers;
    }

    private static String sorted(String answer) {
        var words = answer.split("[\\[\\] ]+", -1);
        Arrays.sort(words);
        return String.join(" ", words);
    }

    /// Who asks while no engine has been launched, or is asking when it is lost, is told to wait.
    @Test
    void withoutAnEngineNobodySaysWhichCommandsThereAre() throws Exception {
        node.front().stopServing();
        try (var wire = node.connect()) {
            assertThat(wire.ask("COMMAND", "COUNT")).startsWith("-LOADING");
            node.front().consult(node.engine().socket().resolveSibling("nobody-listens"));
            assertThat(wire.ask("COMMAND", "COUNT")).startsWith("-LOADING");
            assertThat(wire.ask("ECHO", "x")).isEqualTo("x");
        } finally {
            load();
        }
    }

    /// Nobody sees what becomes of the keys until the node serves.
    @Test
    void whatIsWatchedWhileLoadingCountsAsChanged() throws Exception {
        for (String protocol : List.of("2", "3")) {
            try (var watcher = node.connect();
                    var forgetful = node.connect();
                    var late = node.connect();
                    var renewed = node.connect();
                    var discarding = node.connect()) {
                var all = List.of(watcher, forgetful, late, renewed, discarding);
                for (var wire : all) {
                    wire.ask("HELLO", protocol);
                    assertThat(wire.ask("WATCH", "k")).isEqualTo("OK");
                }
                assertThat(watcher.ask("WATCH", "k", "l")).startsWith("-CROSSSLOT");
                assertThat(forgetful.ask("UNWATCH")).isEqualTo("OK");
                assertThat(renewed.ask("RESET")).isEqualTo("RESET");
                node.front().servePrimary(node.engine().socket(), () -> true).get(60, SECONDS);
                node.front().onDurable(Long.MAX_VALUE);
                try {
                    assertThat(watcher.ask("EXEC")).isEqualTo("-ERR EXEC without MULTI");
                    assertThat(watcher.ask("GET", "k")).isEqualTo("nil");
                    assertThat(late.ask("UNWATCH")).isEqualTo("OK");
                    discarding.ask("MULTI");
                    assertThat(discarding.ask("DISCARD")).isEqualTo("OK");
                    assertThat(set(watcher)).isEqualTo("nil");
                    assertThat(watcher.ask("EXISTS", "k")).isEqualTo("0");
                    for (var wire : all) {
                        assertThat(set(wire)).isEqualTo("[OK]");
                    }
                    assertThat(watcher.ask("DEL", "k")).isEqualTo("1");
                } finally {
                    load();
                }
            }
        }
    }

    private static String set(Wire wire) throws IOException {
        assertThat(wire.ask("MULTI")).isEqualTo("OK");
        assertThat(wire.ask("SET", "k", "v")).isEqualTo("QUEUED");
        return wire.ask("EXEC");
    }
}
