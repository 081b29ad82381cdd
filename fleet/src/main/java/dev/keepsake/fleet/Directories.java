package dev.keepsake.fleet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Looks at what a directory holds.
final class Directories {
    private Directories() {}

    /// Whether there is no file in the directory or below, or none with a byte in it.
    static boolean holdNothing(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return true;
        }
        try (var all = Files.walk(directory)) {
            for (var file : (Iterable<Path>) all::iterator) {
                if (Files.isRegularFile(file) && Files.size(file) > 0) {
                    return false;
                }
            }
        }
        return true;
    }
}
