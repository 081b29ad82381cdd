package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.keepsake.core.Secret;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
final class EngineLauncherIT {
    private static final String PASSWORD = "pass \"word\" \\ with é";

    @TempDir private static Path bundleDirectory;
    private static EngineBinary binary;

    private final List<AutoCloseable> opened = new ArrayList<>();
    @TempDir private Path directory;
    private Path runDirectory;
    private EngineLauncher launcher;

    @BeforeAll
    static void findTheBundledEngine() throws Exception {
        binary = new EngineFinder(null, "", bundleDirectory).find();
    }

    @BeforeEach
    void makeALauncher() throws Exception {
        runDirectory = RunDirectory.forData(directory.resolve("data"));
        launcher = launcher();
    }

    @AfterEach
    void endEverything() throws Exception {
        for (AutoCloseable open : opened.reversed()) {
            open.close();
        }
    }

    @Test
    void aLaunchedEngineAnswers() throws Exception {
        var engine = launcher.launch(spec("0001-001"));
        assertThat(engine.command("PING")).isEqualTo(new RespValue.SimpleString("PONG"));
        assertThat(engine.node()).isEqualTo("0001-001");
        assertThat(engine.binary()).isEqualTo(binary);
        assertThat(engine.exit()).isNotDone();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(engine.socket())))
                .isEqualTo("rwx------");
    }

    @Test
    void anEngineTakesItsWholeConfiguration() throws Exception {
        var engine =
                launcher.launch(
                        new EngineSpec(
                                "0001-001",
                                directory.resolve("work"),
                                123_456_789,
                                "feed",
                                new Secret(PASSWORD),
                                Map.of(
                                        "maxmemory-policy", "allkeys-lru",
                                        "notify-keyspace-events", "",
                                        "timeout", "300")));
        assertThat(setting(engine, "masteruser")).isEqualTo("feed");
        assertThat(setting(engine, "masterauth")).isEqualTo(PASSWORD);
        assertThat(setting(engine, "maxmemory")).isEqualTo("123456789");
        assertThat(setting(engine, "maxmemory-policy")).isEqualTo("allkeys-lru");
        assertThat(setting(engine, "timeout")).as("ours wins").isEqualTo("0");
        assertThat(setting(engine, "save")).isEmpty();
        assertThat(setting(engine, "repl-backlog-ttl")).isEqualTo("0");
        assertThat(setting(engine, "client-output-buffer-limit")).contains("slave 0 0 0");
    }

    @Test
    void whatIsBelowADirectoryEndsTogetherAndDoesNotComeBackOnceThatIsGone() throws Exception {
        var cluster = Files.createDirectory(directory.resolve("cluster"));
        var spec =
                new EngineSpec(
                        "0001-001",
                        cluster.resolve("work"),
                        0,
                        "feed",
                        new Secret("secret"),
                        Map.of());
        var other = launcher.launch(spec("0001-002"));
        var engine = launcher.launch(spec);
        launcher.killBelow(cluster);
        engine.exit().join();
        assertThat(other.command("PING")).isEqualTo(new RespValue.SimpleString("PONG"));
        assertThat(other.exit()).isNotDone();

        engine.close();
        Files.delete(cluster.resolve("work").resolve("engine.log"));
        Files.delete(cluster.resolve("work"));
        Files.delete(cluster);
        assertThatThrownBy(() -> launcher.launch(spec)).isInstanceOf(NoSuchFileException.class);
        assertThat(cluster).doesNotExist();
    }

    @Test
    void anEngineFollowsAndIsPromoted() throws Exception {
        var engine = launcher.launch(spec("0001-001"));
        var ok = new RespValue.SimpleString("OK");
        assertThat(engine.command("REPLICAOF", "127.0.0.1", "1")).isEqualTo(ok);
        assertThat(engine.command("REPLICAOF", "NO", "ONE")).isEqualTo(ok);
        assertThat(engine.command("SET", "key", "value")).isEqualTo(ok);
    }

    @Test
    void anEngineListensOnNoTcpPort() throws Exception {
        assumeThat(Path.of("/proc/self/net/tcp")).exists();
        var engine = launcher.launch(spec("0001-001"));
        var sockets = new ArrayList<String>();
        try (var descriptors = Files.list(Path.of("/proc/" + engine.pid() + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                try {
                    sockets.add(Files.readSymbolicLink(descriptor).toString());
                } catch (NoSuchFileException _) {
                    // Closed meanwhile: the launcher's question whether it answers.
                }
            }
        }
        assertThat(sockets).anyMatch(target -> target.startsWith("socket:"));
        assertThat(tcpSockets()).doesNotContainAnyElementsOf(sockets);
        assertThat(setting(engine, "port")).isEqualTo("0");
    }

    @Test
    void thePasswordIsNeitherInTheProcessListNorInAFile() throws Exception {
        var work = directory.resolve("work");
        var engine =
                launcher.launch(
                        new EngineSpec(
                                "0001-001", work, 0, "feed", new Secret("seCretWord"), Map.of()));
        var commandLine = Path.of("/proc/" + engine.pid() + "/cmdline");
        if (Files.exists(commandLine)) {
            assertThat(Files.readString(commandLine))
                    .contains("--unixsocket")
                    .doesNotContain("seCretWord");
        }
        try (var files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, ISO_8859_1)).doesNotContain("seCretWord");
            }
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(work)))
                .isEqualTo("rwx------");
    }

    @Test
    void anEngineThatIsKilledFromOutsideIsNoticed() throws Exception {
        var engine = launcher.launch(spec("0001-001"));
        process(engine).destroyForcibly();
        var exit = engine.exit().get(120, TimeUnit.SECONDS);
        assertThat(exit.how()).isEqualTo("signal 9");
        assertThat(exit.askedFor()).isFalse();
        assertThat(exit.lastLogLines().getLast()).contains("ready to accept connections");
        assertThatThrownBy(() -> engine.command("PING"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no reply to PING from the engine of node 0001-001");
    }

    @Test
    void anEngineThatWeKillWasAskedToEnd() throws Exception {
        var engine = launcher.launch(spec("0001-001"));
        engine.kill();
        assertThat(engine.exit().get(120, TimeUnit.SECONDS).askedFor()).isTrue();
    }

    @Test
    void closingAnEngineRemovesItsSocketAndDumps() throws Exception {
        var engine = launcher.launch(spec("0001-001"));
        engine.command("SET", "key", "value");
        engine.command("SAVE");
        assertThat(work("0001-001").resolve("dump.rdb")).exists();
        engine.close();
        engine.close();
        assertThat(isAlive(engine)).isFalse();
        assertThat(engine.socket()).doesNotExist();
        assertThat(work("0001-001").resolve("dump.rdb")).doesNotExist();
    }

    @Test
    void anEngineStartsEmptyWhateverAnEarlierOneLeft() throws Exception {
        var first = launcher.launch(spec("0001-001"));
        first.command("SET", "key", "value");
        first.command("SAVE");
        process(first).destroyForcibly();
        first.exit().get(120, TimeUnit.SECONDS);
        assertThat(work("0001-001").resolve("dump.rdb")).exists();
        var second = launcher.launch(spec("0001-001"));
        assertThat(second.command("DBSIZE")).isEqualTo(new RespValue.IntegerReply(0));
    }

    @Test
    void anEngineThatCannotStartTellsWhyAndLeavesNothing() throws Exception {
        var wrong =
                new EngineSpec(
                        "0001-001",
                        work("0001-001"),
                        0,
                        "feed",
                        new Secret("secret"),
                        Map.of("no-such-directive", "1"));
        assertThatThrownBy(() -> launcher.launch(wrong))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("node 0001-001")
                .hasMessageContaining("exit code 1")
                .hasMessageContaining("no-such-directive");
        assertThat(runDirectory).isEmptyDirectory();
    }

    @Test
    void anEngineThatWasStoppedDoesNotBlockACommandForEver() throws Exception {
        var engine = launcher.launch(spec("0001-001"));
        new ProcessBuilder("kill", "-STOP", Long.toString(engine.pid())).start().waitFor();
        assertThatThrownBy(() -> engine.command("PING"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("did not answer in time");
    }

    @Test
    void anotherLauncherOnTheSameRunDirectoryEndsTheOrphans() throws Exception {
        var orphan = launcher.launch(spec("0001-001"));
        var next = launcher();
        next.endOrphans();
        assertThat(orphan.exit().get(120, TimeUnit.SECONDS).askedFor()).isFalse();
        assertThat(runDirectory).isEmptyDirectory();
        assertThat(next.launch(spec("0001-001")).command("PING"))
                .isEqualTo(new RespValue.SimpleString("PONG"));
    }

    @Test
    void anEngineWhoseServerDiedBeforeItHadConfiguredItIsAnOrphanToo() throws Exception {
        Files.createDirectories(runDirectory);
        var orphan =
                EngineLauncher.command(binary, runDirectory.resolve("7.sock"), directory)
                        .directory(directory.toFile())
                        .start();
        opened.add(orphan::destroyForcibly);
        orphan.getOutputStream().close();
        try (var said = orphan.inputReader()) {
            // By then it has the name that it will keep.
            assertThat(said.lines().anyMatch(line -> line.contains("ready to accept"))).isTrue();
            launcher.endOrphans();
            assertThat(orphan.onExit()).succeedsWithin(120, TimeUnit.SECONDS);
        }
    }

    @Test
    void endingOrphansSparesOurOwnEnginesAndForeignOnes() throws Exception {
        var own = launcher.launch(spec("0001-001"));
        var foreignSocket = directory.resolve("foreign.sock");
        var foreign =
                new ProcessBuilder(
                                binary.path().toString(),
                                "--port",
                                "0",
                                "--unixsocket",
                                foreignSocket.toString())
                        .directory(directory.toFile())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        opened.add(foreign::destroyForcibly);
        launcher.endOrphans();
        assertThat(foreign.isAlive()).isTrue();
        assertThat(own.command("PING")).isEqualTo(new RespValue.SimpleString("PONG"));
    }

    @Test
    void closingTheLauncherEndsEveryEngine() throws Exception {
        var engines = List.of(launcher.launch(spec("0001-001")), launcher.launch(spec("0001-002")));
        launcher.close();
        launcher.close();
        assertThat(engines).noneMatch(EngineLauncherIT::isAlive);
        assertThat(runDirectory).isEmptyDirectory();
        assertThatThrownBy(() -> launcher.launch(spec("0001-003")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("stopping");
    }

    @Test
    void aLongDataDirectoryWorksToo() throws Exception {
        var data = directory.resolve("d".repeat(120));
        runDirectory = RunDirectory.forData(data, Path.of(System.getProperty("java.io.tmpdir")));
        opened.add(() -> Files.deleteIfExists(runDirectory));
        var engine =
                launcher()
                        .launch(
                                new EngineSpec(
                                        "0001-001",
                                        data.resolve("work"),
                                        0,
                                        "feed",
                                        new Secret("secret"),
                                        Map.of()));
        assertThat(engine.command("PING")).isEqualTo(new RespValue.SimpleString("PONG"));
        assertThat(engine.socket()).hasParent(runDirectory);
    }

    private EngineLauncher launcher() {
        var launcher = new EngineLauncher(binary, runDirectory, new MachineClock());
        opened.add(launcher);
        return launcher;
    }

    private EngineSpec spec(String node) {
        return new EngineSpec(node, work(node), 0, "feed", new Secret("secret"), Map.of());
    }

    private Path work(String node) {
        return directory.resolve("work-" + node);
    }

    private static ProcessHandle process(Engine engine) {
        return ProcessHandle.of(engine.pid()).orElseThrow();
    }

    private static boolean isAlive(Engine engine) {
        return ProcessHandle.of(engine.pid()).map(ProcessHandle::isAlive).orElse(false);
    }

    private static String setting(Engine engine, String name) throws IOException {
        var reply = (RespValue.ArrayReply) engine.command("CONFIG", "GET", name);
        return ((RespValue.Bulk) reply.items().get(1)).utf8();
    }

    /// Every TCP socket of this network namespace, as `/proc/<pid>/fd` names them.
    private static List<String> tcpSockets() throws IOException {
        var sockets = new ArrayList<String>();
        for (String table : List.of("/proc/self/net/tcp", "/proc/self/net/tcp6")) {
            Files.readAllLines(Path.of(table)).stream()
                    .skip(1)
                    .map(line -> "socket:[" + line.strip().split("\\s+", -1)[9] + "]")
                    .forEach(sockets::add);
        }
        return sockets;
    }
}
