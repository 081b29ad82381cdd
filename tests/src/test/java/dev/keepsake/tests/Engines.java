package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import software.amazon.awssdk.services.memorydb.model.Node;

/// The engines of a server on this machine, as an operator would find them with `ps`: by the
/// directory in their command line.
final class Engines {
    private static final long PAGE_BYTES = 4096;
    private static final long MEMORY_LEFT_BYTES = 8 << 20;

    private final Path dataDirectory;

    /// @param dataDirectory the server's
    Engines(Path dataDirectory) {
        this.dataDirectory = dataDirectory.toAbsolutePath();
    }

    /// Ends the engines of these nodes with SIGKILL, all at once, and returns when they are gone.
    void kill(List<Node> nodes) {
        var found = nodes.stream().flatMap(node -> of(node).stream()).toList();
        assertThat(found).as("engines of %s", nodes).hasSizeGreaterThanOrEqualTo(nodes.size());
        found.forEach(ProcessHandle::destroyForcibly);
        await("they have ended", () -> found.stream().noneMatch(ProcessHandle::isAlive));
    }

    /// Stops the engines of these nodes with SIGSTOP: they are there, and do nothing.
    void hang(List<Node> nodes) throws IOException, InterruptedException {
        for (var engine : nodes.stream().flatMap(node -> of(node).stream()).toList()) {
            var kill = new ProcessBuilder("kill", "-STOP", Long.toString(engine.pid())).start();
            assertThat(kill.waitFor()).as("kill -STOP %d", engine.pid()).isZero();
        }
    }

    /// Lets the engine of a node have hardly more memory than it has, asks for a lot, and returns
    /// when it has ended.
    void exhaustMemory(Node node) throws IOException, InterruptedException {
        var engine = of(node).getFirst();
        var status = Path.of("/proc/%d/statm".formatted(engine.pid()));
        long pages = Long.parseLong(Files.readString(status).split(" ", 2)[0]);
        long limitBytes = pages * PAGE_BYTES + MEMORY_LEFT_BYTES;
        var limit =
                new ProcessBuilder("prlimit", "--pid=" + engine.pid(), "--as=" + limitBytes)
                        .start();
        assertThat(limit.waitFor()).as("prlimit of %d", engine.pid()).isZero();
        try (var wire = Wire.to(node)) {
            wire.send("SETRANGE", "large", "60000000", "x");
            await("it has ended", () -> !engine.isAlive());
        }
    }

    /// Ends the engines that serve nobody, such as those that snapshots are taken with, with
    /// SIGKILL.
    void killHelpers() {
        ProcessHandle.allProcesses()
                .filter(process -> arguments(process).anyMatch(this::isDirectoryOfHelper))
                .forEach(ProcessHandle::destroyForcibly);
    }

    private boolean isDirectoryOfHelper(String argument) {
        return argument.startsWith(dataDirectory + "/") && argument.endsWith("-snapshot");
    }

    /// Whether every one of these nodes has an engine.
    boolean runFor(List<Node> nodes) {
        return nodes.stream().noneMatch(node -> of(node).isEmpty());
    }

    /// Where the engine of a node listens.
    Path socket(Node node) {
        var arguments = arguments(of(node).getFirst()).toList();
        return Path.of(arguments.get(arguments.indexOf("--unixsocket") + 1));
    }

    private List<ProcessHandle> of(Node node) {
        return ProcessHandle.allProcesses()
                .filter(process -> arguments(process).anyMatch(each -> isDirectoryOf(node, each)))
                .toList();
    }

    private static Stream<String> arguments(ProcessHandle process) {
        return Arrays.stream(process.info().arguments().orElseGet(() -> new String[0]));
    }

    private boolean isDirectoryOf(Node node, String argument) {
        return argument.startsWith(dataDirectory + "/")
                && argument.endsWith("/engine-" + node.name());
    }
}
