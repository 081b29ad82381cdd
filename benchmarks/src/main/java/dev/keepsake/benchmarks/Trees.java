package dev.keepsake.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/// Directories with all their files.
final class Trees {
    private Trees() {}

    static void remove(Path directory) throws IOException {
        for (var file : files(directory, _ -> true)) {
            Files.deleteIfExists(file);
        }
    }

    /// The length of all files of a shard's log together.
    static long logBytes(Path directory) throws IOException {
        long bytes = 0;
        for (var file : files(directory, file -> file.toString().matches(".*/0001/.*\\.log"))) {
            try {
                bytes += Files.size(file);
            } catch (NoSuchFileException e) {
                // the log has just been trimmed
            }
        }
        return bytes;
    }

    /// The files below a directory, the deepest first, then the newest name first.
    static List<Path> files(Path directory, Predicate<Path> wanted) throws IOException {
        try (var files = Files.walk(directory)) {
            return files.filter(wanted).sorted(Comparator.reverseOrder()).toList();
        }
    }
}
