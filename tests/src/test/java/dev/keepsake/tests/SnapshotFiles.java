package dev.keepsake.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The files of the snapshots that shards begin with, in the data directory of a server.
final class SnapshotFiles {
    private SnapshotFiles() {}

    /// Those that are there now, in the order of their names; none when one of them goes meanwhile.
    static List<Path> in(Path directory) {
        try (var files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".rdb"))
                    .filter(file -> file.toString().contains("-snapshots/"))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }
}
