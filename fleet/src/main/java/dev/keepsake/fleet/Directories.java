package dev.keepsake.fleet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.random.RandomGenerator;

/// What directories hold.
final class Directories {
    private static final String NAME_FILE = "name";

    private Directories() {}

    /// What a server's data directory is called, which no other one is: made up when it is first
    /// asked for, and kept in it.
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
