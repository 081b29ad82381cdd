package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.log.ForwardingLog;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.server.ServerParts;
import dev.keepsake.shard.HoldRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// A log that does not answer when its cluster is to start or to end, as one on other machines may:
/// that cluster waits for it, and nothing else does.
class UnansweringLogIT {
    @TempDir Path directory;

    @Test
    void otherClustersStartAndAreMadeMeanwhile() throws Exception {
        var server = TestServer.start(directory);
        var ports = Stream.generate(server::nextEndpointPort).limit(3).toList();
        Node held;
        Node free;
        try (server) {
            held = written(server, "held", ports.get(0));
            free = written(server, "free", ports.get(1));
        }
        var answer = new CountDownLatch(1);
        try (var again = server.again(directory, without(answer), TestServer.tuning())) {
            await("free serves", () -> holds(free));
            written(again, "more", ports.get(2));
            assertThat(holds(held)).isFalse();
            assertThat(answer.getCount()).as("answers that are awaited").isOne();
            answer.countDown();
            await("held serves", () -> holds(held));
        } finally {
            answer.countDown();
        }
    }

    /// A new cluster of the same name waits, too: the old one has it until nothing is left of it.
    @Test
    void otherClustersAreMadeWhileOneIsBeingDeleted() throws Exception {
        var answer = new CountDownLatch(1);
        try (var server = TestServer.start(directory, withoutEnd(answer))) {
            int port = server.nextEndpointPort();
            var held = written(server, "held", port);
            server.api().client().deleteCluster(request -> request.clusterName("held"));
            await("nothing of held runs", () -> !holds(held));
            written(server, "more", server.nextEndpointPort());
            server.api().delete("more");
            assertThat(server.api().describe("held").status()).isEqualTo("deleting");
            answer.countDown();
            server.api().awaitGone("held");
            written(server, "held", port);
        } finally {
            answer.countDown();
        }
    }

    /// Makes a cluster and writes to it.
    private static Node written(TestServer server, String cluster, int port) throws IOException {
        server.api().create(cluster, 1, 0, 0, port);
        var node = server.api().node(cluster, 0, 0);
        try (var wire = Wire.to(node)) {
            assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
        }
        return node;
    }

    private static boolean holds(Node node) {
        try (var wire = Wire.to(node)) {
            return wire.ask("GET", "k").equals("v");
        } catch (IOException e) {
            return false;
        }
    }

    /// Parts with which the log of the cluster "held" tells nothing before the latch is open.
    private static ServerParts without(CountDownLatch answer) {
        var real = ServerParts.standard().logs();
        return new ServerParts(
                log -> isOfHeld(log) ? new Unanswering(real.open(log), answer) : real.open(log),
                HoldRule.ALL);
    }

    /// Parts with which that log is not closed before the latch is open.
    private static ServerParts withoutEnd(CountDownLatch answer) {
        var real = ServerParts.standard().logs();
        return new ServerParts(
                log -> isOfHeld(log) ? new Unending(real.open(log), answer) : real.open(log),
                HoldRule.ALL);
    }

    private static boolean isOfHeld(Path log) {
        return requireNonNull(log.getParent()).getFileName().toString().startsWith("held-");
    }

    private static final class Unending extends ForwardingLog {
        private final CountDownLatch answer;

        Unending(TransactionLog log, CountDownLatch answer) {
            super(log);
            this.answer = answer;
        }

        @Override
        public void close() {
            try {
                answer.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            super.close();
        }
    }

    private static final class Unanswering extends ForwardingLog {
        private final CountDownLatch answer;

        Unanswering(TransactionLog log, CountDownLatch answer) {
            super(log);
            this.answer = answer;
        }

        @Override
        public Optional<LogEntry> newestEngine() throws IOException {
            try {
                answer.await();
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            }
            return super.newestEngine();
        }
    }
}
