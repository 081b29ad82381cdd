package dev.keepsake.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Reads the resources that another process of this machine uses, on systems with `/proc`.
final class ProcessProbe {
    private static final int KB = 1 << 10;

    private final ProcessHandle process;
    private final Path proc;

    ProcessProbe(ProcessHandle process) {
        this.process = process;
        this.proc = Path.of("/proc", Long.toString(process.pid()));
    }

    /// The resources that it uses now; empty on systems without `/proc`.
    ///
    /// @param heapBytes the size of its heap as it reports it
    Optional<ResourceUse> look(long heapBytes) throws IOException {
        if (!Files.isDirectory(proc)) {
            return Optional.empty();
        }
        long files = 0;
        long sockets = 0;
        try (var open = Files.newDirectoryStream(proc.resolve("fd"))) {
            for (var file : open) {
                files++;
                sockets += isSocket(file) ? 1 : 0;
            }
        }
        return Optional.of(
                new ResourceUse(
                        heapBytes,
                        residentBytes(),
                        count(proc.resolve("task")),
                        files,
                        sockets,
                        process.descendants().filter(ProcessHandle::isAlive).count()));
    }

    private static boolean isSocket(Path file) {
        try {
            return Files.readSymbolicLink(file).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // the file was closed meanwhile
        }
    }

    private long residentBytes() throws IOException {
        for (var line : Files.readAllLines(proc.resolve("status"))) {
            var words = line.split("\\s+", 3);
            if (words[0].equals("VmRSS:")) {
                return Long.parseLong(words[1]) * KB;
            }
        }
        throw new IOException("%s/status has no VmRSS".formatted(proc));
    }

    private static long count(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.count();
        }
    }
}
