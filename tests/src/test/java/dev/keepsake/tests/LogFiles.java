package dev.keepsake.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// The files of the log of a cluster's first shard, as they lie there while no server runs.
final class LogFiles {
    private final Path data;
    private final String within;

    /// Of the only cluster of a data directory.
    LogFiles(Path data) {
        this(data, "");
    }

    /// Of one of them.
    LogFiles(Path data, String cluster) {
        this.data = data;
        this.within = cluster.isEmpty() ? "/" : "/" + cluster + "-";
    }

    /// Oldest first.
    List<Path> segments() {
        try (var files = Files.walk(data)) {
            return files.filter(file -> file.toString().contains(within))
                    .filter(file -> file.toString().contains("/0001/"))
                    .filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Turns a bit in the middle of a file around; twice is as good as never.
    static void flipBit(Path file) throws IOException {
        var bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 4;
        Files.write(file, bytes, StandardOpenOption.TRUNCATE_EXISTING);
    }

    /// Adds what the beginning of a batch leaves behind when the machine stops amid its write.
    void tearTail() throws IOException {
        Files.write(
                segments().getLast(),
                new byte[] {0, 0, 1, 0, 42, 42, 42},
                StandardOpenOption.APPEND);
    }
}
