package dev.keepsake.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// A directory that only its owner may enter.
final class OwnDirectory {
    private static final Set<PosixFilePermission> OWNER_ONLY =
            PosixFilePermissions.fromString("rwx------");

    private OwnDirectory() {}

    /// Creates the directory, or checks an existing one.
    static Path at(Path wanted) throws UsageException {
        var directory = wanted.toAbsolutePath();
        try {
            if (!Files.exists(directory)) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            }
            var allowed = Files.getPosixFilePermissions(directory);
            if (!OWNER_ONLY.containsAll(allowed)) {
                throw new UsageException(
                        "--operator-sockets is %s, which others may use, too (%s); give one that only you may use: run chmod 700 on it"
                                .formatted(directory, PosixFilePermissions.toString(allowed)));
            }
            return directory;
        } catch (IOException e) {
            throw new UsageException(
                    "--operator-sockets is %s, which cannot be used: %s; give a directory that can be created"
                            .formatted(directory, e));
        }
    }
}
