package dev.keepsake.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// The files of the log of a data directory's first shard, as they lie there while no server runs.
final class LogFiles {
    private final Path data;

    LogFiles(Path data) {
        this.data = data;
    }

    /// Oldest first.
    List<Path> segments() {
        try (var files = Files.walk(data)) {
            return files.filter(file -> file.toString().contains("/0001/"))
                    .filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Adds what the beginning of a batch leaves behind when the machine stops amid its write.
    void tearTail() throws IOException {
        Files.write(
                segments().getLast(),
                new byte[] {0, 0, 1, 0, 42, 42, 42},
                StandardOpenOption.APPEND);
    }
}
