package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.memorydb.model.Node;

/// What clients see of a planned failover for which their node keeps something: the same as of
/// `CLUSTER FAILOVER` on stock servers, word for word.
class HandoverIT {
    private static final String UNBLOCKED =
            "-UNBLOCKED force unblock from blocking operation, instance state changed (master ->"
                    + " replica?)";
    private static final int POPPERS = 4;
    private static final Pattern BLOCKED = Pattern.compile(" flags=[A-Za-z]*b");

    /// What a client does before the handover, and behind ` | ` after it. `>` sends and awaits no
    /// reply, `<` awaits one, `!` does not compare the reply, `?` tells whether the connection is
    /// open, `<~` reads until something is heard.
    private static final Map<String, String> CLIENTS =
            Map.ofEntries(
                    Map.entry("BLPOP", ">BLPOP l 0 | <, ?"),
                    Map.entry("BZPOPMIN", ">BZPOPMIN z 0 | <, ?"),
                    Map.entry("BLMOVE", ">BLMOVE {a}1 {a}2 LEFT LEFT 0 | <, ?"),
                    Map.entry("XREAD", ">XREAD BLOCK 0 STREAMS x $ | <, ?"),
                    Map.entry("a reading XREAD", "READONLY, >XREAD BLOCK 0 STREAMS x $ | <, ?"),
                    Map.entry("XREADGROUP", ">XREADGROUP GROUP g c BLOCK 0 STREAMS x > | <, ?"),
                    Map.entry("more behind", ">BLPOP l 0, >SET behind 1 | <, ?"),
                    Map.entry("MULTI", "MULTI, SET k 2 | SET k 3, EXEC, EXEC, PING"),
                    Map.entry("queued", "MULTI, SET k 2 | PING, EXEC, DISCARD, PING"),
                    Map.entry("read in MULTI", "MULTI, GET k | EXEC, PING"),
                    Map.entry("without keys", "MULTI, PING | PING, EXEC"),
                    Map.entry("READONLY MULTI", "READONLY, MULTI, GET same | EXEC"),
                    Map.entry("READONLY write", "READONLY, MULTI, SET k 2 | EXEC"),
                    Map.entry("discarded", "MULTI, SET k 2 | DISCARD, PING"),
                    Map.entry("failed", "MULTI, SET k | GET k, EXEC"),
                    Map.entry("WATCH", "WATCH w | MULTI, GET w, EXEC"),
                    Map.entry("WATCH touched", "WATCH w | MULTI, PING, EXEC"),
                    Map.entry("WATCH untouched", "WATCH same | MULTI, PING, EXEC"),
                    Map.entry("UNWATCH", "WATCH w | UNWATCH, MULTI, PING, EXEC"),
                    Map.entry(
                            "TRACKING",
                            "!HELLO 3, CLIENT TRACKING ON, GET k | <, GET k, CLIENT TRACKINGINFO"),
                    Map.entry("BCAST", "!HELLO 3, CLIENT TRACKING ON BCAST PREFIX k | <, PING"),
                    Map.entry("SUBSCRIBE", "SUBSCRIBE ch | <, PING, UNSUBSCRIBE"),
                    Map.entry("SUBSCRIBE 3", "!HELLO 3, SUBSCRIBE ch | <, PING, GET k"),
                    Map.entry("PSUBSCRIBE", "PSUBSCRIBE c* | <, PING"),
                    Map.entry("SSUBSCRIBE", "SSUBSCRIBE sh | <, PING"),
                    Map.entry("SSUBSCRIBE 3", "!HELLO 3, SSUBSCRIBE sh, SUBSCRIBE ch | <, <, PING"),
                    Map.entry("MONITOR", "MONITOR | <~heard"),
                    Map.entry("REPLY OFF", ">CLIENT REPLY OFF | >PING, >CLIENT REPLY ON, <, PING"),
                    Map.entry("nothing", "PING | GET k, READONLY, GET k, SET k 3"));

    private interface Pair {
        Wire connect(int node) throws IOException;

        int port(int node);

        void handOver();
    }

    @TempDir static Path directory;
    private static TestServer server;

    @BeforeAll
    static void startServer() throws Exception {
        server = TestServer.start(directory.resolve("server"));
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    private static List<Node> create(String name, int replicas, int port) {
        return server.api()
                .create(name, 1, replicas, port, Map.of("keepsake:failover-mode", "handover"))
                .shards()
                .getFirst()
                .nodes();
    }

    @Test
    void everyKindOfClientSeesWhatItSeesOfAStockServer() throws Exception {
        var nodes = create("compared", 1, server.nextEndpointPort());
        Map<String, List<String>> ours;
        Map<String, List<String>> theirs;
        try (var stock = StockPair.start(directory)) {
            theirs =
                    seen(
                            new Pair() {
                                @Override
                                public Wire connect(int node) throws IOException {
                                    return stock.connect(node);
                                }

                                @Override
                                public int port(int node) {
                                    return stock.port(node);
                                }

                                @Override
                                public void handOver() {
                                    stock.handOver();
                                }
                            });
        }
        ours =
                seen(
                        new Pair() {
                            @Override
                            public Wire connect(int node) throws IOException {
                                return Wire.to(nodes.get(node));
                            }

                            @Override
                            public int port(int node) {
                                return nodes.get(node).endpoint().port();
                            }

                            @Override
                            public void handOver() {
                                server.api().failOver("compared", "0001");
                            }
                        });
        assertThat(ours).isEqualTo(theirs);
        assertThat(ours.get("BLPOP")).containsExactly(UNBLOCKED, "closed");
        assertThat(requireNonNull(ours.get("MULTI")).get(3)).startsWith("-MOVED 7629 ");
    }

    /// What a client does before the handover, and after it.
    private static String[] steps(String client) {
        return requireNonNull(CLIENTS.get(client)).split(" \\| ", -1);
    }

    private static Map<String, List<String>> seen(Pair pair) throws IOException {
        try (var setting = pair.connect(0)) {
            setting.ask("SET", "k", "1");
            setting.ask("SET", "w", "1");
            setting.ask("SET", "same", "1");
            setting.ask("XADD", "x", "1-1", "f", "v");
            setting.ask("XGROUP", "CREATE", "x", "g", "$");
        }
        var wires = new LinkedHashMap<String, Wire>();
        var seen = new LinkedHashMap<String, List<String>>();
        try {
            for (var client : new TreeSet<>(CLIENTS.keySet())) {
                var wire = pair.connect(0);
                wires.put(client, wire);
                var outcomes = new ArrayList<String>();
                seen.put(client, outcomes);
                run(wire, steps(client)[0], outcomes);
            }
            long waiting = CLIENTS.values().stream().filter(steps -> steps.endsWith("?")).count();
            try (var watching = pair.connect(0)) {
                await(
                        "all wait",
                        () ->
                                BLOCKED.matcher(ask(watching, "CLIENT", "LIST")).results().count()
                                        == waiting);
            }
            pair.handOver();
            publish(pair);
            for (var client : wires.keySet()) {
                run(
                        requireNonNull(wires.get(client)),
                        steps(client)[1],
                        requireNonNull(seen.get(client)));
            }
        } finally {
            wires.values().forEach(Wire::close);
        }
        seen.values()
                .forEach(lines ->
                        lines.replaceAll(line ->
                                line.replace(":" + pair.port(0), ":old")
                                        .replace(":" + pair.port(1), ":new")));
        return seen;
    }

    /// What happens on the new primary, and arrives at the old one.
    private static void publish(Pair pair) throws IOException {
        try (var old = pair.connect(0);
                var current = pair.connect(1)) {
            await("the old one knows", () -> ask(old, "GET", "k").startsWith("-MOVED"));
            current.ask("SET", "w", "2");
            current.ask("SET", "k", "4");
            current.ask("PUBLISH", "ch", "after");
            old.ask("READONLY");
            await("it follows", () -> ask(old, "GET", "k").equals("4"));
            old.ask("ECHO", "heard");
        }
    }

    private static String ask(Wire wire, String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            return "no reply: " + e.getMessage();
        }
    }

    private static void run(Wire wire, String steps, List<String> seen) {
        for (var step : steps.split(", ", -1)) {
            try {
                runStep(wire, step, seen);
            } catch (IOException e) {
                seen.add(step + ": " + e.getMessage());
            }
        }
    }

    private static void runStep(Wire wire, String step, List<String> seen) throws IOException {
        if (step.equals("<")) {
            seen.add(wire.read());
        } else if (step.equals("?")) {
            try {
                seen.add(wire.ask("PING"));
            } catch (EOFException | SocketException e) {
                seen.add("closed");
            }
        } else if (step.startsWith("<~")) {
            String wanted = step.substring(2);
            while (!wire.read().contains(wanted)) {
                // what else is shown differs
            }
            seen.add(wanted);
        } else if (step.startsWith(">")) {
            wire.send(step.substring(1).split(" ", -1));
        } else if (step.startsWith("!")) {
            wire.ask(step.substring(1).split(" ", -1));
        } else {
            seen.add(wire.ask(step.split(" ", -1)));
        }
    }

    /// A script that the engine has not read to its end when it becomes a primary would write what
    /// no front has marked, and holds no reply for.
    @Test
    void whatIsUnreadWhenAReplicaIsPromotedIsNotCarriedOut() throws Exception {
        var nodes = create("unread", 1, server.nextEndpointPort());
        var script = Unpooled.buffer();
        RespWriter.command(
                script, "EVAL", "return redis.call('SET', KEYS[1], 'unmarked')", "1", "k");
        var engine = new Engines(directory.resolve("server")).socket(nodes.get(1));
        try (var client = UnixWire.to(engine);
                var reading = Wire.to(nodes.get(1))) {
            assertThat(client.ask("PING")).isEqualTo("PONG");
            client.sendRaw(script.readRetainedSlice(script.readableBytes() / 2));
            server.api().failOver("unread", "0001");
            await("it leads", () -> ask(reading, "SET", "leads", "1").equals("OK"));
            assertThatThrownBy(
                            () -> {
                                client.sendRaw(script.retainedSlice());
                                client.read();
                            })
                    .isInstanceOf(IOException.class);
            assertThat(reading.ask("GET", "k")).isEqualTo("nil");
        } finally {
            script.release();
        }
    }

    /// The engine would not remember it, and what was written meanwhile would not make EXEC fail.
    @Test
    void whoWatchesOnAReplicaIsResetWhenItIsPromoted() throws Exception {
        var nodes = create("watched", 1, server.nextEndpointPort());
        try (var watching = Wire.to(nodes.get(1));
                var listening = Wire.to(nodes.get(1))) {
            watching.ask("READONLY");
            assertThat(watching.ask("WATCH", "w")).isEqualTo("OK");
            listening.ask("HELLO", "3");
            listening.ask("SUBSCRIBE", "ch");
            assertThat(listening.ask("READONLY")).isEqualTo("OK");
            assertThat(listening.ask("WATCH", "w")).isEqualTo("OK");
            server.api().failOver("watched", "0001");
            for (var wire : List.of(watching, listening)) {
                assertThatThrownBy(() -> wire.ask("PING"))
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(SocketTimeoutException.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"handover", "crash"})
    void whoListensToAReplicaHearsOnWhenItIsPromoted(String mode) throws Exception {
        var nodes =
                server.api()
                        .create(
                                "heard-" + mode,
                                1,
                                1,
                                server.nextEndpointPort(),
                                Map.of("keepsake:failover-mode", mode))
                        .shards()
                        .getFirst()
                        .nodes();
        var promoted = nodes.get(1);
        try (var channel = Wire.to(promoted);
                var pattern = Wire.to(promoted);
                var shard = Wire.to(promoted);
                var all = Wire.to(promoted);
                var publishing = Wire.to(promoted)) {
            assertThat(channel.ask("SUBSCRIBE", "ch")).isEqualTo("[subscribe ch 1]");
            assertThat(pattern.ask("PSUBSCRIBE", "c*")).isEqualTo("[psubscribe c* 1]");
            assertThat(shard.ask("SSUBSCRIBE", "ch")).isEqualTo("[ssubscribe ch 1]");
            all.ask("HELLO", "3");
            assertThat(all.ask("SUBSCRIBE", "ch", "other")).isEqualTo("[subscribe ch 1]");
            assertThat(all.read()).isEqualTo("[subscribe other 2]");
            assertThat(all.ask("SSUBSCRIBE", "ch")).isEqualTo("[ssubscribe ch 1]");
            assertThat(all.ask("CLIENT", "SETNAME", "all")).isEqualTo("OK");
            assertThat(onPrimary(nodes, "PUBLISH", "ch", "before")).isEqualTo("0");
            assertThat(onPrimary(nodes, "SPUBLISH", "ch", "before")).isEqualTo("0");
            server.api().failOver("heard-" + mode, "0001");
            await("it leads", () -> ask(publishing, "SET", "k", "1").equals("OK"));
            assertThat(publishing.ask("PUBLISH", "ch", "after")).isEqualTo("3");
            assertThat(publishing.ask("SPUBLISH", "ch", "after")).isEqualTo("2");
            for (String said : List.of("before", "after")) {
                assertThat(channel.read()).isEqualTo("[message ch %s]".formatted(said));
                assertThat(pattern.read()).isEqualTo("[pmessage c* ch %s]".formatted(said));
                assertThat(shard.read()).isEqualTo("[smessage ch %s]".formatted(said));
                assertThat(all.read()).isEqualTo("[message ch %s]".formatted(said));
                assertThat(all.read()).isEqualTo("[smessage ch %s]".formatted(said));
            }
            for (var wire : List.of(channel, pattern, shard)) {
                assertThat(wire.ask("PING")).isEqualTo("[pong ]");
            }
            assertThat(all.ask("CLIENT", "GETNAME")).isEqualTo("all");
            assertThat(all.ask("UNSUBSCRIBE", "other")).isEqualTo("[unsubscribe other 1]");
            assertThat(channel.ask("UNSUBSCRIBE")).isEqualTo("[unsubscribe ch 0]");
            assertThat(channel.ask("GET", "k")).isEqualTo("1");
        }
    }

    @Test
    void whatIsPushedDuringHandoversIsPoppedOnceOrStillThere() throws Exception {
        var nodes = create("pushed", 1, server.nextEndpointPort());
        var over = new AtomicBoolean();
        var popped = ConcurrentHashMap.<String>newKeySet();
        var twice = ConcurrentHashMap.<String>newKeySet();
        var unblocked = new AtomicInteger();
        var broken = new AtomicInteger();
        var poppers = new ArrayList<Thread>();
        for (int i = 0; i < POPPERS; i++) {
            poppers.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                while (!over.get()) {
                                    pop(nodes, over, popped, twice, unblocked, broken);
                                }
                            }));
        }
        var pushed = new ArrayList<String>();
        var pusher = Thread.ofVirtual().start(() -> push(nodes, over, pushed));
        for (int i = 0; i < 2; i++) {
            int before = popped.size();
            await("some are popped", () -> popped.size() >= before + 20);
            server.api().failOver("pushed", "0001");
        }
        int before = popped.size();
        await("some are popped at the end", () -> popped.size() >= before + 20);
        over.set(true);
        pusher.join();
        for (var popper : poppers) {
            popper.join();
        }
        var left = new ArrayList<String>();
        String next = "";
        while (!next.equals("nil")) {
            next = onPrimary(nodes, "LPOP", "l");
            left.add(next);
        }
        var missing = new ArrayList<>(pushed);
        missing.removeAll(popped);
        missing.removeAll(left);
        assertThat(twice).isEmpty();
        assertThat(unblocked.get()).isPositive();
        // Who is reset does not know what it has popped.
        assertThat(missing).hasSizeLessThanOrEqualTo(broken.get());
    }

    private static void push(List<Node> nodes, AtomicBoolean over, List<String> pushed) {
        for (int i = 0; !over.get(); i++) {
            String element = "e" + i;
            String answer = onPrimary(nodes, "RPUSH", "l", element);
            if (!answer.startsWith("-") && !answer.startsWith("no reply")) {
                pushed.add(element);
            }
        }
    }

    private static void pop(
            List<Node> nodes,
            AtomicBoolean over,
            Set<String> popped,
            Set<String> twice,
            AtomicInteger unblocked,
            AtomicInteger broken) {
        for (var node : nodes) {
            try (var wire = Wire.to(node)) {
                while (!over.get()) {
                    String answer = wire.ask("BLPOP", "l", "1");
                    if (answer.startsWith("[l ")) {
                        String element = answer.substring(3, answer.length() - 1);
                        if (!popped.add(element)) {
                            twice.add(element);
                        }
                    } else if (answer.equals(UNBLOCKED)) {
                        unblocked.incrementAndGet();
                        break;
                    } else if (answer.startsWith("-")) {
                        break;
                    }
                }
            } catch (EOFException e) {
                // closed in good order: nothing was under way
            } catch (IOException e) {
                broken.incrementAndGet();
            }
        }
    }

    private static String onPrimary(List<Node> nodes, String... command) {
        while (true) {
            for (var node : nodes) {
                try (var wire = Wire.to(node)) {
                    String answer = wire.ask(command);
                    if (!answer.startsWith("-MOVED") && !answer.startsWith("-LOADING")) {
                        return answer;
                    }
                } catch (IOException e) {
                    return "no reply: " + e.getMessage();
                }
            }
        }
    }
}
