package dev.keepsake.fleet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.random.RandomGenerator;

/// Helpers for directories.
final class Directories {
    private static final String NAME_FILE = "name";

    private Directories() {}

    /// The unique name of a server's data directory. It is drawn at the first call, and stored in
    /// the directory.
    static String nameOf(Path directory, RandomGenerator random) throws IOException {
        var file = directory.resolve(NAME_FILE);
        if (Files.isRegularFile(file)) {
            return Files.readString(file).strip();
        }
        var name = "%016x".formatted(random.nextLong());
        var written = directory.resolve(NAME_FILE + ".tmp");
        Files.deleteIfExists(written);
        Files.createFile(
                written,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(written, name);
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
        return name;
    }

    /// Whether the directory, with everything below it, has no file or only empty files.
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
