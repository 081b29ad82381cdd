package dev.keepsake.cli;

import dev.keepsake.engine.EngineExaminer;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineNotFoundException;
import dev.keepsake.engine.RunDirectory;
import dev.keepsake.server.InstallHint;
import dev.keepsake.server.MachineClock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command `keepsake engine`.
@Command(
        name = "engine",
        header = "Says which engines there are, and whether they have known holes.",
        description = {
            "Starts each installed redis-server and valkey-server for a moment, where"
                    + " it serves no client, and tries the known holes on it. Reports the"
                    + " result, the engine that new clusters get, and how to install a better"
                    + " one. Also reports which engines the clusters in the data directory run"
                    + " on. A server may be running on that directory meanwhile."
        })
final class EngineCommand implements Callable<Integer> {
    private final PrintWriter out;

    @Option(
            names = "--engine",
            paramLabel = "PATH",
            description = "As for start: examine only this program.")
    private @Nullable Path engine;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description =
                    "As for start: the data directory whose clusters are reported (default:"
                            + " ~/.keepsake).")
    private Path dataDirectory = Path.of(System.getProperty("user.home"), ".keepsake");

    @Option(names = "--json", description = "Print one JSON object instead.")
    private boolean json;

    EngineCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Logs.toNowhere();
        var hint = InstallHint.here();
        try (var directory = TemporaryDirectory.create("keepsake-engine-")) {
            var found = look(directory.path());
            var clusters = ClustersOnRecord.read(dataDirectory, directory.path(), found.engines());
            var report = new EngineReport(found, engine != null, hint, clusters);
            out.print(json ? report.json() + System.lineSeparator() : report.text());
            out.flush();
            return Main.EXIT_OK;
        } catch (EngineNotFoundException e) {
            out.println(e.getMessage());
            out.println("For " + hint.system() + ": " + hint.command());
            out.flush();
            return Main.EXIT_FAILED;
        }
    }

    private EngineFinder.Found look(Path directory)
            throws EngineNotFoundException, IOException, InterruptedException {
        var found =
                new EngineFinder(
                                engine,
                                System.getenv().getOrDefault("PATH", ""),
                                directory.resolve("bin"))
                        .search();
        var sockets = RunDirectory.forData(directory);
        try (var launcher =
                new EngineLauncher(found.engines().first(), sockets, new MachineClock())) {
            var examiner = new EngineExaminer(launcher, EngineExaminer.directoryIn(directory));
            return new EngineFinder.Found(found.engines().examinedBy(examiner), found.rejected());
        } finally {
            Files.deleteIfExists(sockets); // may be outside of the directory
        }
    }
}
