package dev.keepsake.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Secret;
import java.io.IOException;
import java.nio.file.Path;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class OrphanGuardIT {
    @TempDir private static Path bundleDirectory;
    private static EngineBinary binary;

    private final List<Process> started = new ArrayList<>();
    @TempDir private Path directory;
    private Path runDirectory;

    @BeforeAll
    static void findTheBundledEngine() throws Exception {
        binary = new EngineFinder(null, "", bundleDirectory).find();
    }

    @BeforeEach
    void makeARunDirectory() throws Exception {
        runDirectory = RunDirectory.forData(directory.resolve("data"));
    }

    @AfterEach
    void endEverything() {
        started.forEach(Process::destroyForcibly);
    }

    private Process engine(String socket) throws IOException {
        var engine =
                EngineLauncher.command(binary, runDirectory.resolve(socket), directory)
                        .directory(directory.toFile())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        started.add(engine);
        engine.getOutputStream().close();
        return engine;
    }

    private Process guard(String processes) throws IOException {
        var guard = OrphanGuard.command(runDirectory.resolve("12-").toString(), processes).start();
        started.add(guard);
        return guard;
    }

    /// With Linux's directory of processes, and with `ps`, as on macOS.
    @ParameterizedTest
    @ValueSource(strings = {"/proc", "/there/is/none"})
    void whoIsGoneTakesItsEnginesAlongAndNobodyElses(String processes) throws Exception {
        var ours = List.of(engine("12-1.sock"), engine("12-34.sock"));
        var next = List.of(engine("123-1.sock"), engine("1.sock"));
        var reader =
                new ProcessBuilder(
                                "sh",
                                "-c",
                                "read x; : \"$0\"",
                                runDirectory.resolve("12-1.sock") + "")
                        .start(); // names a socket, and is no engine
        started.add(reader);
        var guard = guard(processes);
        guard.getOutputStream().close();
        for (var engine : ours) {
            assertThat(engine.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        var late = engine("12-35.sock"); // it was about to start when the server was killed
        assertThat(late.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(guard.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(next).allMatch(Process::isAlive);
        assertThat(reader.isAlive()).isTrue();
    }

    @Test
    void anOrderlyEndEndsNobody() throws Exception {
        var engine = engine("12-1.sock");
        var guard = guard("/proc");
        guard.getOutputStream().write(new byte[] {'e', 'n', 'd', '\n'});
        guard.getOutputStream().flush();
        assertThat(guard.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(guard.exitValue()).isZero();
        assertThat(engine.isAlive()).isTrue();
    }

    @Test
    void signalsOfATerminalDoNotEndTheGuard() throws Exception {
        var guard = guard("/proc");
        for (var signal : List.of("-HUP", "-INT", "-TERM")) {
            new ProcessBuilder("kill", signal, Long.toString(guard.pid())).start().waitFor();
        }
        var engine = engine("12-1.sock");
        guard.getOutputStream().close();
        assertThat(engine.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aGuardThatIsEndedIsReplacedUntilItsServerCloses() throws Exception {
        ProcessHandle second;
        var guard = new OrphanGuard(runDirectory.resolve("12-").toString());
        try (guard) {
            guard.start();
            long first = guard.pid();
            var process = ProcessHandle.of(first).orElseThrow();
            process.destroyForcibly();
            while (guard.pid() == first || guard.pid() == -1) {
                Thread.onSpinWait(); // the test is over after a minute
            }
            second = ProcessHandle.of(guard.pid()).orElseThrow();
        }
        assertThat(second.onExit()).succeedsWithin(30, TimeUnit.SECONDS);
        assertThat(guard.pid()).isEqualTo(-1);
    }

    @Test
    void anEngineHasNothingOfTheServersEnvironmentButWhatItNeeds() throws Exception {
        var command = EngineLauncher.command(binary, runDirectory.resolve("1.sock"), directory);
        assertThat(command.environment()).containsEntry("LC_ALL", "C");
        assertThat(command.environment().keySet())
                .isSubsetOf("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ", "LC_ALL");
        var launcher = new EngineLauncher(binary, runDirectory, new MachineClock());
        try (launcher) {
            var spec =
                    new EngineSpec(
                            "n", directory.resolve("w"), 0, "feed", new Secret("s"), Map.of());
            assertThat(launcher.launch(spec).socket().getFileName().toString())
                    .isEqualTo(ProcessHandle.current().pid() + "-1.sock");
        }
    }
}
