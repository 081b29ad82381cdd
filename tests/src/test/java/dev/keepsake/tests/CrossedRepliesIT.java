package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.shard.HoldRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A thousand clients at once over the lanes that they share, each of which says things that nobody
/// else says and so knows a reply that is not its own; connections die all the time, in the middle
/// of what they have asked for.
class CrossedRepliesIT {
    private static final int CLIENTS = 1_000;
    private static final int ROUNDS = 20;

    private static final int LATE_ROUNDS = 5;
    private static final int LATE_MS = 5;

    @TempDir Path directory;

    /// Opens connections to the node that they talk to.
    private interface Connector {
        Wire connect() throws IOException;
    }

    @Test
    void noReplyGoesToAnotherClient() throws Exception {
        try (var node = ServedNode.startDurable(directory)) {
            talkAtOnce(node::connect, ROUNDS);
        }
    }

    /// Replies that wait for the log overtake none that need not, nor stay behind on their lane.
    @Test
    void noReplyGoesToAnotherClientThoughTheLogIsLate() throws Exception {
        var parts = LateServer.parts(LATE_MS, HoldRule.ALL);
        try (var server = TestServer.start(directory, parts, LateServer.tuning())) {
            var cluster = server.api().create("demo", 1, 0, 0, server.endpointPort());
            var node = cluster.shards().getFirst().nodes().getFirst();
            talkAtOnce(() -> Wire.to(node), LATE_ROUNDS);
        }
    }

    private static void talkAtOnce(Connector node, int rounds) throws Exception {
        var died = new AtomicInteger();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var clients = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                clients.add(() -> new TalkativeClient(node, client, died).talk(rounds));
            }
            int checked = 0;
            for (int ofOne : Waiting.resultsOf("clients to end", threads, clients)) {
                checked += ofOne;
            }
            assertThat(checked).isGreaterThan(CLIENTS * rounds);
            assertThat(died.get()).isGreaterThan(CLIENTS);
        }
    }

    /// One client through all its connections.
    private static final class TalkativeClient {
        private final Connector node;
        private final int number;
        private final AtomicInteger died;
        private final RandomGenerator random;
        private int said;
        private int checked;

        TalkativeClient(Connector node, int number, AtomicInteger died) {
            this.node = node;
            this.number = number;
            this.died = died;
            this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(number);
        }

        int talk(int rounds) throws IOException {
            for (int round = 0; round < rounds; round++) {
                try (var wire = node.connect()) {
                    if (random.nextInt(4) == 0) {
                        wire.ask("HELLO", "3");
                    }
                    boolean dies = random.nextInt(3) > 0;
                    talk(wire, dies);
                    if (dies) {
                        died.incrementAndGet();
                    }
                }
            }
            return checked;
        }

        private void talk(Wire wire, boolean dies) throws IOException {
            var commands = new ArrayList<List<String>>();
            var replies = new ArrayList<String>();
            int length = 1 + random.nextInt(8);
            for (int i = 0; i < length; i++) {
                String value = "c%d-%d".formatted(number, said++);
                String key = "k" + number;
                switch (random.nextInt(5)) {
                    case 0 -> {
                        commands.add(List.of("ECHO", value));
                        replies.add(value);
                    }
                    case 1 -> {
                        commands.add(List.of("SET", key, value));
                        replies.add("OK");
                        commands.add(List.of("GET", key));
                        replies.add(value);
                    }
                    case 2 -> {
                        commands.add(List.of("MULTI"));
                        commands.add(List.of("SET", key, value));
                        commands.add(List.of("ECHO", value));
                        commands.add(List.of("EXEC"));
                        replies.addAll(List.of("OK", "QUEUED", "QUEUED", "[OK " + value + "]"));
                    }
                    case 3 -> {
                        commands.add(List.of("EVAL", "return ARGV[1]", "1", key, value));
                        replies.add(value);
                    }
                    default -> {
                        commands.add(List.of("CLIENT", "SETNAME", value));
                        replies.add("OK");
                        commands.add(List.of("CLIENT", "GETNAME"));
                        replies.add(value);
                    }
                }
            }
            wire.sendAll(commands);
            int read = dies ? random.nextInt(replies.size()) : replies.size();
            for (int i = 0; i < read; i++) {
                assertThat(wire.read()).isEqualTo(replies.get(i));
                checked++;
                Movement.noted();
            }
        }
    }
}
