package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.fleet.FleetTuning;
import dev.keepsake.fleet.LogFactory;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.Server;
import dev.keepsake.server.ServerConfig;
import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.ClusterNotFoundException;

/// New clusters that cannot be started: they fail after some time, and leave nothing behind.
class CreateFailedIT {
    private static final int TRIES = 4;

    @TempDir Path directory;

    // That of the only node, and one for the endpoint of a cluster.
    private final PortRange ports = FreePorts.next(2);

    @Test
    void whatDoesNotStartInTimeFailsAndMakesRoom() throws Exception {
        var config =
                config(
                        new PortRange(ports.first(), ports.first()),
                        engineThatNeverStarts(),
                        TestServer.tuning().withCreateWithin(TimeUnit.MILLISECONDS.toNanos(500)));
        try (var server = Server.start(config, ServerParts.standard());
                var api = new Api(server.endpoint())) {
            var clusters = data().resolve("clusters").resolve("us-east-1");
            Files.createDirectories(clusters.getParent());
            Files.writeString(clusters, "in the way of directories");
            failsToStart(api, "no-place");
            Files.delete(clusters);
            delete(api, "no-place");

            failsToStart(api, "no-engine"); // on the port that the other had
            delete(api, "no-engine");
            try (var left = Files.list(clusters)) {
                assertThat(left).isEmpty();
            }
        }
    }

    /// However many fail: none is tried more often because of the others.
    @Test
    void clustersThatDoNotStartAreTriedOnceASecond() throws Exception {
        var standard = ServerParts.standard();
        var tries = new AtomicInteger();
        LogFactory logs =
                directory -> {
                    if (directory.toString().contains("/first-")) {
                        tries.incrementAndGet();
                    }
                    if (directory.startsWith(data().resolve("clusters"))) {
                        throw new IOException("there is no place for it");
                    }
                    return standard.logs().open(directory);
                };
        var names = List.of("first", "second", "third");
        var all = FreePorts.next(6 + names.size());
        var moreNodes = new PortRange(all.first(), all.last() - names.size());
        try (var server =
                        Server.start(
                                config(moreNodes, null, TestServer.tuning()),
                                new ServerParts(logs, standard.hold()));
                var api = new Api(server.endpoint())) {
            for (String name : names) {
                create(api, name, all.last() - names.indexOf(name));
            }
            // Each creation makes the server look at all of them, on a slow machine late.
            await("each is tried once a second", () -> areASecondApart(tries));
            for (String name : names) {
                assertThat(api.describe(name).status()).isEqualTo("creating"); // it has a minute
            }
        }
    }

    private static boolean areASecondApart(AtomicInteger tries) {
        int before = tries.get();
        long sinceNs = System.nanoTime();
        await("it is tried again and again", () -> tries.get() >= before + TRIES);
        var took = Duration.ofNanos(System.nanoTime() - sinceNs);
        return took.compareTo(Duration.ofMillis(1_000 * (TRIES - 1) - 500)) > 0;
    }

    private Path data() {
        return directory.resolve("data");
    }

    private ServerConfig config(PortRange nodes, @Nullable Path engine, FleetTuning tuning) {
        return new ServerConfig("127.0.0.1", 0, data(), nodes, engine, tuning);
    }

    private static void create(Api api, String name, int port) {
        api.client()
                .createCluster(request ->
                        request.clusterName(name)
                                .nodeType("db.t4g.small")
                                .aclName("open-access")
                                .tlsEnabled(false)
                                .numReplicasPerShard(0)
                                .port(port));
    }

    private void failsToStart(Api api, String name) {
        create(api, name, ports.last());
        await(name + " fails", () -> api.describe(name).status().equals("create-failed"));
        assertThat(api.messages(name))
                .containsExactly(
                        "Failed to create cluster due to unsuccessful creation of its node(s).",
                        "Deleting all nodes belonging to this cluster.");
        assertThat(api.describe(name).clusterEndpoint().address()).isNull();
    }

    private static void delete(Api api, String name) {
        api.client().deleteCluster(request -> request.clusterName(name));
        await(
                name + " is gone",
                () -> {
                    try {
                        return api.describe(name) == null;
                    } catch (ClusterNotFoundException e) {
                        return true;
                    }
                });
    }

    /// One that tells its version, and no more.
    private Path engineThatNeverStarts() throws Exception {
        var engine = directory.resolve("redis-server");
        Files.writeString(
                engine,
                """
                #!/bin/sh
                [ "$1" = --version ] && echo 'Redis server v=7.0.15 sha=00000000:0' && exit
                echo 'it does not start' >&2
                exit 1
                """);
        Files.setPosixFilePermissions(engine, PosixFilePermissions.fromString("rwx------"));
        return engine;
    }
}
