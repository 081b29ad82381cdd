package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import software.amazon.awssdk.services.memorydb.model.Node;

/// The engines of a server on this machine, as an operator would find them with `ps`: by the
/// directory in their command line.
final class Engines {
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

    /// Whether every one of these nodes has an engine.
    boolean runFor(List<Node> nodes) {
        return nodes.stream().noneMatch(node -> of(node).isEmpty());
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
