package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.front.AccessUser;
import dev.keepsake.front.FrontOptions;
import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Values as long as Redis has them, through a server with the memory that it always has.
class LargeValuesIT {
    private static final int LONGEST = 512 << 20;
    private static final int LARGE = 5 << 20; // passed on in pieces like the longest
    private static final String TOO_LONG =
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";

    @TempDir Path directory;
    private final PortRange ports = FreePorts.next(30);
    private final PortRange nodePorts = new PortRange(ports.first(), ports.last() - 1);

    @Test
    void theLongestValueIsOnEveryNodeAndSurvivesAFailoverWhileOthersAreServed() throws Exception {
        try (var server = launch();
                var api = new Api(server.awaitReady())) {
            api.create("demo", 1, 1, 0, ports.last());
            try {
                theLongestValueSurvives(api);
            } catch (IOException | UncheckedIOException e) {
                throw new AssertionError(server.errors(), e);
            }
            assertThat(api.messages("demo"))
                    .as("the node that took the value led until it was told to fail")
                    .filteredOn(message -> message.contains("to replica node"))
                    .hasSize(1);
        }
    }

    private static void theLongestValueSurvives(Api api) throws Exception {
        var value = LargeClient.digest(1, LONGEST);
        try (var others = new Others(api.node("demo", 0, 0));
                var client = LargeClient.to(api.node("demo", 0, 0))) {
            others.awaitMore();
            client.command(3).argument("SET").argument("k").argument(1, LONGEST);
            assertThat(client.line()).isEqualTo("+OK");
            others.awaitMore();
            assertThat(client.get("k")).isEqualTo(value);
            others.awaitMore();
            assertThat(client.ask("APPEND", "k", "x")).isEqualTo(TOO_LONG);
            assertThat(client.ask("SETRANGE", "k", "536870911", "xy")).isEqualTo(TOO_LONG);
            assertThat(client.ask("STRLEN", "k")).isEqualTo(":" + LONGEST);
        }
        await(
                "it is there",
                () -> isAnswered(api.node("demo", 0, 1), "STRLEN", "k", ":" + LONGEST));
        try (var replica = LargeClient.to(api.node("demo", 0, 1))) {
            replica.ask("READONLY");
            assertThat(replica.get("k")).isEqualTo(value);
        }
        api.failOver("demo", "0001");
        try (var client = LargeClient.to(api.node("demo", 0, 1))) {
            assertThat(client.get("k")).isEqualTo(value);
        }
    }

    @Test
    void aLargeValueIsBackAfterAKill() throws Exception {
        var value = LargeClient.digest(2, 10L * LARGE);
        Node primary;
        try (var server = launch()) {
            try (var api = new Api(server.awaitReady())) {
                api.create("demo", 1, 0, 0, ports.last());
                primary = api.node("demo", 0, 0);
                try (var client = LargeClient.to(primary)) {
                    client.command(3).argument("SET").argument("k").argument(2, 10L * LARGE);
                    assertThat(client.line()).isEqualTo("+OK");
                }
            }
            server.kill();
        }
        try (var server = launch()) {
            server.awaitReady();
            await("it is back", () -> isAnswered(primary, "STRLEN", "k", ":" + 10L * LARGE));
            try (var client = LargeClient.to(primary)) {
                assertThat(client.get("k")).isEqualTo(value);
            }
        }
    }

    @Test
    void largeCommandsAreAnsweredAndRefusedLikeSmallOnes() throws Exception {
        try (var server = launch();
                var api = new Api(server.awaitReady())) {
            api.create("demo", 2, 1, 0, ports.last());
            var first = api.node("demo", 0, 0);
            var second = api.node("demo", 1, 0);
            try (var client = LargeClient.to(second)) {
                keysBehindLargeValuesAreLookedAt(client);
                whatIsRefusedLeavesTheConnectionUsable(client, first);
                transactionsTakeThem(client);
            }
            try (var replica = LargeClient.to(api.node("demo", 1, 1))) {
                replica.command(3).argument("SET").argument("a").argument(3, LARGE);
                assertThat(replica.line()).startsWith("-MOVED 15495 ");
                replica.ask("READONLY");
                await("it is there", () -> asks(replica, "STRLEN", "a").equals(":" + LARGE));
                assertThat(replica.get("a")).isEqualTo(LargeClient.digest(3, LARGE));
                replica.command(5).argument("MSET").argument("a").argument(3, LARGE);
                replica.argument("{a}b").argument("x");
                assertThat(replica.line()).startsWith("-MOVED 15495 ");
            }
            whatIsNoCommandEndsTheConnectionAndNothingElse(second);
        }
    }

    private static void keysBehindLargeValuesAreLookedAt(LargeClient client) throws IOException {
        client.command(5).argument("MSET").argument("a").argument(3, LARGE);
        client.argument("{a}b").argument(4, LARGE);
        assertThat(client.line()).isEqualTo("+OK");
        assertThat(client.get("a")).isEqualTo(LargeClient.digest(3, LARGE));
        assertThat(client.get("{a}b")).isEqualTo(LargeClient.digest(4, LARGE));

        client.command(5).argument("MSET").argument("a").argument(5, LARGE);
        client.argument("b").argument(6, LARGE);
        assertThat(client.line())
                .isEqualTo("-CROSSSLOT Keys in request don't hash to the same slot");
        assertThat(client.get("a")).isEqualTo(LargeClient.digest(3, LARGE));

        client.command(5).argument("EVAL").argument("return redis.call('SET', KEYS[1], ARGV[1])");
        client.argument("1").argument("{a}e").argument(7, LARGE);
        assertThat(client.line()).isEqualTo("+OK");
        assertThat(client.get("{a}e")).isEqualTo(LargeClient.digest(7, LARGE));
    }

    private static void whatIsRefusedLeavesTheConnectionUsable(LargeClient client, Node first)
            throws IOException {
        client.command(3).argument("SET").argument("b").argument(5, LARGE);
        assertThat(client.line())
                .isEqualTo(
                        "-MOVED 3300 %s:%d"
                                .formatted(first.endpoint().address(), first.endpoint().port()));
        client.command(3).argument("SETT").argument("a").argument("x".repeat(LARGE));
        assertThat(client.line())
                .startsWith("-ERR unknown command 'SETT', with args beginning with: 'a' 'xxxx");
        client.command(2).argument("SET").argument(5, LARGE);
        assertThat(client.line()).isEqualTo("-ERR wrong number of arguments for 'set' command");
        client.command(3).argument("LPUSH").argument("a").argument(5, LARGE);
        assertThat(client.line()).startsWith("-WRONGTYPE");
        assertThat(client.ask("STRLEN", "a")).isEqualTo(":" + LARGE);
    }

    private static void transactionsTakeThem(LargeClient client) throws IOException {
        assertThat(client.ask("MULTI")).isEqualTo("+OK");
        client.command(3).argument("SET").argument("{a}t").argument(8, LARGE);
        assertThat(client.line()).isEqualTo("+QUEUED");
        assertThat(client.ask("STRLEN", "{a}t")).isEqualTo("+QUEUED");
        assertThat(client.ask("EXEC")).isEqualTo("*2");
        assertThat(client.line()).isEqualTo("+OK");
        assertThat(client.line()).isEqualTo(":" + LARGE);

        assertThat(client.ask("MULTI")).isEqualTo("+OK");
        client.command(5).argument("MSET").argument("{a}t").argument(9, LARGE);
        client.argument("b").argument("x");
        assertThat(client.line()).startsWith("-CROSSSLOT");
        assertThat(client.ask("EXEC")).startsWith("-EXECABORT");
        assertThat(client.get("{a}t")).isEqualTo(LargeClient.digest(8, LARGE));
    }

    private static void whatIsNoCommandEndsTheConnectionAndNothingElse(Node node)
            throws IOException {
        try (var bystander = LargeClient.to(node)) {
            try (var client = LargeClient.to(node)) {
                client.raw("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$536870913\r\n");
                assertThat(client.line()).isEqualTo("-ERR Protocol error: invalid bulk length");
            }
            try (var client = LargeClient.to(node)) {
                client.command(5).argument("MSET").argument("a").argument(5, LARGE);
                client.raw("what");
                assertThat(client.line()).isEqualTo("-ERR Protocol error: expected '$', got 'w'");
                assertThatThrownBy(client::line).isInstanceOf(IOException.class);
            }
            try (var client = LargeClient.to(node)) {
                client.command(3).argument("SET").argument("a");
                client.raw("$%d\r\nno more than this".formatted(LARGE));
            }
            assertThat(bystander.ask("STRLEN", "a")).isEqualTo(":" + LARGE);
        }
    }

    @Test
    void whoeverMayNotIsToldSoAndGoesOn() throws Exception {
        try (var node = ServedNode.startDurable(directory)) {
            node.front()
                    .permit(
                            List.of(
                                    new AccessUser(
                                            AccessUser.DEFAULT_NAME,
                                            true,
                                            true,
                                            Set.of(),
                                            false,
                                            "~a* +@all -lpush")));
            try (var client =
                    LargeClient.to(node.address().getHostString(), node.address().getPort())) {
                client.command(3).argument("SET").argument("b").argument(1, LARGE);
                assertThat(client.line()).startsWith("-NOPERM");
                client.command(3).argument("LPUSH").argument("a").argument(1, LARGE);
                assertThat(client.line()).startsWith("-NOPERM");
                client.command(3).argument("SET").argument("a").argument(1, LARGE);
                assertThat(client.line()).isEqualTo("+OK");
                assertThat(client.get("a")).isEqualTo(LargeClient.digest(1, LARGE));
            }
        }
    }

    /// Nothing that comes later reminds of it: it has to be taken up by itself.
    @Test
    void aLargeCommandThatWaitsForAPauseIsTakenWhenThePauseEnds() throws Exception {
        try (var node = ServedNode.startDurable(directory);
                var client =
                        LargeClient.to(node.address().getHostString(), node.address().getPort());
                var other = Wire.to(node.address());
                var sender = Executors.newVirtualThreadPerTaskExecutor()) {
            client.ask("CLIENT", "SETNAME", "large");
            assertThat(other.ask("CLIENT", "PAUSE", "600000", "WRITE")).isEqualTo("OK");
            var sent =
                    sender.submit(() ->
                            client.command(3).argument("SET").argument("k").argument(1, LARGE));
            await("it waits", () -> holdsSomethingBack(other));
            assertThat(other.ask("CLIENT", "UNPAUSE")).isEqualTo("OK");
            sent.get();
            assertThat(client.line()).isEqualTo("+OK");
            assertThat(client.get("k")).isEqualTo(LargeClient.digest(1, LARGE));
        }
    }

    private static boolean holdsSomethingBack(Wire other) {
        try {
            return other.ask("CLIENT", "LIST")
                    .lines()
                    .anyMatch(line -> line.contains(" name=large ") && !line.contains(" qbuf=0 "));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Though the engine has been told of it and waits for its rest.
    @Test
    void aLargeCommandWhoseEndMakesNoSenseIsAnsweredAndClosed() throws Exception {
        var options = FrontOptions.standard();
        try (var node = ServedNode.start(directory, withTransactions(options, 4 << 20))) {
            node.front().onDurable(Long.MAX_VALUE);
            String host = node.address().getHostString();
            int port = node.address().getPort();
            String noCommand = "-ERR Protocol error: expected '$', got '!'";
            try (var client = LargeClient.to(host, port)) {
                client.command(4).argument("RPUSH").argument("l").argument(1, 3 << 20);
                client.raw("!bad\r\n");
                assertThat(client.line()).isEqualTo(noCommand);
                assertThatThrownBy(client::line).isInstanceOf(IOException.class);
            }
            try (var client = LargeClient.to(host, port)) {
                client.command(1).argument("MULTI");
                client.command(3).argument("SET").argument("k").argument("v");
                client.command(4).argument("RPUSH").argument("l").argument(1, 3 << 20);
                client.raw("!bad\r\n");
                assertThat(client.line()).isEqualTo("+OK");
                assertThat(client.line()).isEqualTo("+QUEUED");
                assertThat(client.line()).isEqualTo(noCommand);
                assertThatThrownBy(client::line).isInstanceOf(IOException.class);
            }
            try (var client = LargeClient.to(host, port)) {
                client.command(4).argument("RPUSH").argument("l").argument(1, 3 << 20);
                client.raw("$2097152\r\n");
                assertThat(client.line()).isEqualTo("-ERR a command may have 4194304 bytes");
                assertThatThrownBy(client::line).isInstanceOf(IOException.class);
            }
            try (var client = LargeClient.to(host, port)) {
                assertThat(client.ask("EXISTS", "k")).isEqualTo(":0");
                assertThat(client.ask("EXISTS", "l")).isEqualTo(":0");
            }
        }
    }

    /// Who is closed while it sends sees a failure of its connection instead of the error.
    @Test
    void whoSendsTooMuchIsToldSoThoughItReadsOnlyWhenAllIsSent(@TempDir Path other)
            throws Exception {
        try (var node = ServedNode.startDurable(other)) {
            String host = node.address().getHostString();
            int port = node.address().getPort();
            int tooLong = 40 << 20;
            for (var command :
                    List.of(
                            List.of("SUBSCRIBE", "'subscribe' may have 33554432 bytes"),
                            List.of("GET", "33554432 bytes"))) {
                try (var client = LargeClient.to(host, port)) {
                    client.command(2).argument(command.getFirst()).argument(1, tooLong);
                    assertThat(client.line()).startsWith("-ERR ").contains(command.getLast());
                    assertThatThrownBy(client::line).isInstanceOf(IOException.class);
                }
            }
            try (var client = LargeClient.to(host, port)) {
                client.command(3).argument("EVAL").argument(1, tooLong).argument("0");
                assertThat(client.line())
                        .startsWith("-ERR script refused")
                        .contains("41943040 bytes", "1048576 at most");
                assertThat(client.ask("PING")).as("the rest is skipped").isEqualTo("+PONG");
            }
        }
    }

    private static FrontOptions withTransactions(FrontOptions options, int maxBytes) {
        return new FrontOptions(
                options.limits(),
                options.maxConnections(),
                options.maxParkedReplies(),
                options.maxParkedBytes(),
                options.maxOutputBytes(),
                options.maxTotalOutputBytes(),
                maxBytes,
                options.fullLogPatienceMs(),
                options.hold());
    }

    @Test
    void limitsAreChosenAtTheStart() throws Exception {
        try (var server = launch("--max-value-mb", "1", "--max-connections", "3");
                var api = new Api(server.awaitReady())) {
            api.create("demo", 1, 0, 0, ports.last());
            var node = api.node("demo", 0, 0);
            try (var client = LargeClient.to(node)) {
                client.command(3).argument("SET").argument("a").argument(1, 1 << 20);
                assertThat(client.line()).isEqualTo("+OK");
                assertThat(client.ask("APPEND", "a", "x")).isEqualTo(TOO_LONG);
                assertThat(client.ask("MULTI")).isEqualTo("+OK");
                for (int i = 0; i < 65; i++) {
                    client.command(3).argument("SET").argument("a").argument(1, 1 << 20);
                    client.line();
                }
                assertThat(client.ask("SET", "a", "x"))
                        .isEqualTo(
                                "-ERR the commands of a transaction may have 68157440 bytes together");
                assertThat(client.ask("EXEC")).startsWith("-EXECABORT");
                client.command(3).argument("SET").argument("a");
                client.raw("$1048577\r\n");
                assertThat(client.line()).isEqualTo("-ERR Protocol error: invalid bulk length");
            }
            try (var one = LargeClient.to(node);
                    var two = LargeClient.to(node);
                    var three = LargeClient.to(node);
                    var four = LargeClient.to(node)) {
                assertThat(one.ask("PING") + two.ask("PING") + three.ask("PING"))
                        .isEqualTo("+PONG+PONG+PONG");
                assertThat(four.line()).isEqualTo("-ERR max number of clients reached");
            }
        }
    }

    /// An engine that passes on half a gigabyte answers nothing meanwhile, on a slow machine for
    /// longer than an engine is waited for otherwise.
    private ServerProcess launch(String... more) throws IOException {
        var options = new ArrayList<>(List.of("--engine-timeout-ms", "120000"));
        options.addAll(List.of(more));
        return ServerProcess.launch(directory, nodePorts, options.toArray(new String[0]));
    }

    private static String asks(LargeClient client, String... command) {
        try {
            return client.ask(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isAnswered(Node node, String command, String key, String answer) {
        try (var client = LargeClient.to(node)) {
            client.ask("READONLY");
            return client.ask(command, key).equals(answer);
        } catch (IOException e) {
            return false; // nobody listens yet
        }
    }

    /// Somebody with small commands, all the while.
    private static final class Others implements AutoCloseable {
        private final LargeClient client;
        private final AtomicBoolean closing = new AtomicBoolean();
        private final Thread thread;
        private volatile int answered;

        Others(Node node) throws IOException {
            client = LargeClient.to(node);
            thread = Thread.ofVirtual().start(this::ask);
        }

        private void ask() {
            for (int i = 0; !closing.get(); i++) {
                if (!asks(client, "SET", "small", "" + i).equals("+OK")
                        || !asks(client, "STRLEN", "small").startsWith(":")) {
                    return;
                }
                answered = i + 1;
            }
        }

        /// Waits until some more have been answered.
        void awaitMore() {
            int before = answered;
            await("others are answered", () -> answered > before + 1);
        }

        @Override
        public void close() throws IOException {
            closing.set(true);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            client.close();
        }
    }
}
