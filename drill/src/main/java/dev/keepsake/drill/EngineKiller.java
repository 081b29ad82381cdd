package dev.keepsake.drill;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Kills engines of a server on this machine. It finds them by the directory in their command line,
/// like an operator with `ps`.
final class EngineKiller {
    private final Path dataDirectory;

    /// @param dataDirectory the server's data directory
    EngineKiller(Path dataDirectory) {
        this.dataDirectory = dataDirectory.toAbsolutePath();
    }

    void kill(String node) throws DrillException {
        var engines = enginesOf(node);
        if (engines.isEmpty()) {
            throw new DrillException("node %s has no engine to kill".formatted(node));
        }
        engines.forEach(ProcessHandle::destroyForcibly);
    }

    private List<ProcessHandle> enginesOf(String node) {
        return ProcessHandle.allProcesses()
                .filter(process ->
                        Arrays.stream(process.info().arguments().orElseGet(() -> new String[0]))
                                .anyMatch(argument ->
                                        argument.startsWith(dataDirectory + "/")
                                                && argument.endsWith("/engine-" + node)))
                .toList();
    }
}
