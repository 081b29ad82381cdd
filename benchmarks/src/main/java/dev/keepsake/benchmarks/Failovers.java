package dev.keepsake.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.benchmarks.Workload.Kind;
import dev.keepsake.engine.Transport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Measures for how long no write is acknowledged while a primary fails, for each way to fail, and
/// how many bytes of log a write costs.
@Command(
        name = "failovers",
        mixinStandardHelpOptions = true,
        header = "Measures the write outage of every way to fail, and the log bytes of a write.")
public final class Failovers implements Callable<Integer> {
    private record Way(String title, List<String> options) {}

    private static final List<Way> WAYS =
            List.of(
                    new Way("FailoverShard, crash", List.of("--mode", "crash")),
                    new Way("FailoverShard, handover", List.of("--mode", "handover")),
                    new Way("FailoverShard, silent", List.of("--mode", "silent")),
                    new Way("engine killed", List.of("--kill", "engine")),
                    new Way("server killed", List.of("--kill", "server")));
    private static final Pattern RESULT =
            Pattern.compile(
                    "\"failovers\":(\\d+),\"acknowledged\":(\\d+),\"lost\":(\\d+).*?"
                            + "\"outage_ms\":\\{\"p50\":([0-9.]+),\"max\":([0-9.]+)}");
    private static final int MEASURED_MS = 3_000;

    @Option(names = "--failovers", description = "How many of each (default: 50).")
    private int failovers = 50;

    @Option(names = "--only", description = "A part of the way's title (default: all).")
    private @Nullable String only;

    @Option(names = "--launcher", required = true, hidden = true)
    private Path launcher = Path.of("keepsake");

    private final PrintWriter out = new PrintWriter(System.out, true, UTF_8);

    /// Runs the measurement and ends the process.
    public static void main(String[] args) {
        System.exit(new CommandLine(new Failovers()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        out.printf(
                "JDK %s, %s %s, %d processors%n%n",
                Runtime.version(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                Runtime.getRuntime().availableProcessors());
        out.println("| what fails | failovers | outage p50 | max | acknowledged | lost |");
        out.println("| --- | --: | --: | --: | --: | --: |");
        for (var way : WAYS) {
            if (only == null || way.title().contains(only)) {
                out.println(measure(way));
            }
        }
        out.printf("%n| writes of 100 B | bytes of log a write |%n| --- | --: |%n");
        var directory = Files.createTempDirectory("keepsake-failovers-");
        try (var transport = Transport.best(1);
                var server =
                        MeasuredServer.keepsake("keepsake", launcher, 1, null, false, directory)) {
            for (int clients : List.of(1, 50)) {
                for (int pipelined : List.of(1, 16)) {
                    out.printf(
                            "| %d clients, pipelines of %d | %.0f |%n",
                            clients,
                            pipelined,
                            logBytesAWrite(server, directory, transport, clients, pipelined));
                }
            }
        } finally {
            Trees.remove(directory);
        }
        return 0;
    }

    private String measure(Way way) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(launcher.toString(), "drill", "--json"));
        command.addAll(List.of("--failovers", "" + failovers));
        command.addAll(way.options());
        var told = Files.createTempFile("keepsake-failovers-", ".log");
        var drill = new ProcessBuilder(command).redirectError(told.toFile()).start();
        var said = new String(drill.getInputStream().readAllBytes(), UTF_8);
        int code = drill.waitFor();
        var result = RESULT.matcher(said);
        if (!result.find()) {
            throw new IOException(
                    "%s ended with %d; for the reason, see %s".formatted(command, code, told));
        }
        Files.delete(told);
        return "| %s | %s | %.1f ms | %.1f ms | %,d | %s |"
                .formatted(
                        way.title(),
                        result.group(1),
                        Double.parseDouble(result.group(4)),
                        Double.parseDouble(result.group(5)),
                        Long.parseLong(result.group(2)),
                        result.group(3));
    }

    private static double logBytesAWrite(
            MeasuredServer server, Path directory, Transport transport, int clients, int pipelined)
            throws Exception {
        long before = Trees.logBytes(directory);
        var result =
                new LoadGenerator(transport, server)
                        .run(Workload.of(Kind.SET, 100), clients, pipelined, 0, MEASURED_MS);
        long written = Trees.logBytes(directory) - before;
        return written / (result.opsPerSecond() * MEASURED_MS / 1_000);
    }
}
