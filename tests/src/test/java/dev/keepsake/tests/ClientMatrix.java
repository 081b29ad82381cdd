package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Cluster;

/// What every client library has to be able to do with a cluster of two shards with two replicas
/// each, over TLS and as a user with two passwords, as it is configured in an application; while it
/// writes, its shards fail over three times. One subclass a library.
abstract class ClientMatrix {
    private static final Logger LOG = Logger.getLogger(ClientMatrix.class.getName());
    private static final int FAILOVERS = 3;
    private static final int WRITES_BETWEEN = 200;

    /// Who the clients are.
    static final String USER = "app";

    static final String PASSWORD = "correct-horse-battery";
    static final String OTHER_PASSWORD = "staple-stable-battery";
    private static final String ACL = "apps";

    /// Longitude and latitude.
    static final double[] PALERMO = {13.361389, 38.115556};

    static final double[] CATANIA = {15.087269, 37.502669};

    @TempDir Path directory;
    private TestServer server;
    private Target target;
    private Target withOtherPassword;

    /// Where a client connects, and as whom.
    record Target(String host, int port, String user, String password, Trust trust, File ca) {}

    abstract MatrixClient connect(Target target) throws Exception;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start(directory.resolve("data"));
        var cluster = createCluster(server);
        var trust = Trust.in(server.endpoint());
        var ca = Files.writeString(directory.resolve("ca.pem"), trust.pem()).toFile();
        var endpoint = cluster.clusterEndpoint();
        target = new Target(endpoint.address(), endpoint.port(), USER, PASSWORD, trust, ca);
        withOtherPassword =
                new Target(endpoint.address(), endpoint.port(), USER, OTHER_PASSWORD, trust, ca);
    }

    /// A cluster that lets in nobody but [#USER], with either password.
    static Cluster createCluster(TestServer server) {
        var api = server.api();
        api.createUser(USER, "on ~* &* +@all", PASSWORD, OTHER_PASSWORD);
        api.createAcl(ACL, USER);
        return api.createWithTls("demo", 2, 2, server.endpointPort(), ACL);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void everythingWorksBeforeDuringAndAfterFailovers() throws Exception {
        try (var client = connect(target)) {
            doEverything(client, "before");
            failOverWhileWriting(client);
            doEverything(client, "after");
        }
    }

    private void doEverything(MatrixClient client, String when) throws Exception {
        String key = "{" + when + "}";
        client.set(key + "string", "value");
        assertThat(client.get(key + "string")).isEqualTo("value");
        assertThat(client.get(key + "none")).isNull();
        assertThat(client.append(key + "list", "a", "b", "c")).containsExactly("a", "b", "c");
        assertThat(client.hash(key + "hash", Map.of("f", "1", "g", "2")))
                .isEqualTo(Map.of("f", "1", "g", "2"));
        assertThat(client.setOf(key + "set", "x", "y", "x")).isEqualTo(Set.of("x", "y"));
        assertThat(client.sorted(key + "sorted", Map.of("low", 1.0, "high", 2.0)))
                .containsExactly("low", "high");
        assertThat(client.stream(key + "stream", Map.of("f", "v"))).isEqualTo(1);
        assertThat(client.distinct(key + "distinct", "a", "b", "a")).isEqualTo(2);
        assertThat(client.bits(key + "bits", 1, 7, 1, 100)).isEqualTo(3);
        assertThat(client.distanceKm(key + "places")).isCloseTo(166.27, within(0.01));
        var values = new TreeMap<String, String>();
        IntStream.range(0, 200).forEach(i -> values.put(when + "-pipelined-" + i, "v" + i));
        assertThat(client.pipeline(values)).containsExactlyElementsOf(values.values());
        assertThat(client.transaction(key + "counter")).containsExactly(1L, 2L);
        assertThat(client.script(key + "script", "argument"))
                .containsExactly(key + "script", "argument");
        waitForAnElement(client, key + "queue");
        hearWhatIsPublished(client, when + "-channel");
    }

    private void waitForAnElement(MatrixClient client, String key) throws Exception {
        try (var other = connect(withOtherPassword)) {
            var popped =
                    CompletableFuture.supplyAsync(() -> unchecked(() -> client.blockingPop(key)));
            other.append(key, "element");
            assertThat(Waiting.resultOf("an element", popped)).isEqualTo("element");
        }
    }

    private void hearWhatIsPublished(MatrixClient client, String channel) throws Exception {
        var heard = new CopyOnWriteArrayList<String>();
        try (var listener = connect(withOtherPassword);
                var _ = listener.subscribe(channel, heard::add)) {
            client.publish(channel, "one");
            // A client may publish at another node next, and what two nodes publish is in no order.
            await("the first is heard", () -> !heard.isEmpty());
            client.publish(channel, "two");
            await("both are heard", () -> heard.size() >= 2);
            assertThat(heard).containsExactly("one", "two");
        }
    }

    /// Every acknowledged write has to be there in the end. A write that failed may be there too.
    private void failOverWhileWriting(MatrixClient client) throws Exception {
        var stop = new AtomicBoolean();
        var acknowledged = new HashMap<String, String>();
        var written = new AtomicInteger();
        var writing =
                CompletableFuture.supplyAsync(
                        () -> writeUntil(stop, client, acknowledged, written));
        for (int i = 0; i < FAILOVERS; i++) {
            awaitWrites(written, WRITES_BETWEEN);
            server.api().failOver("demo", i % 2 == 0 ? "0001" : "0002");
        }
        awaitWrites(written, WRITES_BETWEEN);
        stop.set(true);
        var outage = Waiting.resultOf("the last write", writing);
        for (var write : acknowledged.entrySet()) {
            assertThat(client.get(write.getKey())).isEqualTo(write.getValue());
        }
        LOG.info(
                "client=%s writes=%d longest_outage_ms=%d"
                        .formatted(getClass().getSimpleName(), written.get(), outage.toMillis()));
        assertThat(outage).isLessThan(Duration.ofMinutes(2));
    }

    private static void awaitWrites(AtomicInteger written, int more) {
        int before = written.get();
        await("it writes again", () -> written.get() >= before + more);
    }

    /// Writes until it is told to stop.
    ///
    /// @return the longest time between two writes that were acknowledged
    private static Duration writeUntil(
            AtomicBoolean stop,
            MatrixClient client,
            Map<String, String> acknowledged,
            AtomicInteger written) {
        long longestNs = 0;
        long lastNs = System.nanoTime();
        for (int i = 0; !stop.get(); i++) {
            String key = "write-" + i % 500;
            String value = Integer.toString(i);
            try {
                client.set(key, value);
                acknowledged.put(key, value);
                written.incrementAndGet();
                Movement.noted();
                long nowNs = System.nanoTime();
                longestNs = Math.max(longestNs, nowNs - lastNs);
                lastNs = nowNs;
            } catch (Exception e) {
                acknowledged.remove(key); // its outcome is unknown
            }
        }
        return Duration.ofNanos(longestNs);
    }

    static <T> T unchecked(Work<T> work) {
        try {
            return work.run();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /// Something that may fail.
    interface Work<T> {
        T run() throws Exception;
    }

    static List<String> texts(List<?> values) {
        return values.stream().map(String::valueOf).toList();
    }
}
