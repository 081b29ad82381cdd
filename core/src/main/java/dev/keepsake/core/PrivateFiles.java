package dev.keepsake.core;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// Creates files and directories that only the user of this process may access.
public final class PrivateFiles {
    private static final Set<PosixFilePermission> OWNER_ONLY =
            PosixFilePermissions.fromString("rwx------");

    /// The attribute of a new file that only its owner may read, write and run.
    public static final FileAttribute<Set<PosixFilePermission>> EXECUTABLE =
            PosixFilePermissions.asFileAttribute(OWNER_ONLY);

    private static final Set<PosixFilePermission> OWNER_READS_AND_WRITES =
            PosixFilePermissions.fromString("rw-------");

    /// The attribute of a new file that only its owner may read and write.
    public static final FileAttribute<Set<PosixFilePermission>> OWN_FILE =
            PosixFilePermissions.asFileAttribute(OWNER_READS_AND_WRITES);

    private PrivateFiles() {}

    /// Makes sure that a file exists which only its owner may read and write, whatever the
    /// process's default for new files is. The content of an existing file is kept.
    public static void file(Path file) throws IOException {
        try {
            Files.createFile(file, OWN_FILE);
        } catch (FileAlreadyExistsException e) {
            Files.setPosixFilePermissions(file, OWNER_READS_AND_WRITES);
        }
    }

    /// The user id that a file or directory belongs to.
    public static long owner(Path path, LinkOption... options) throws IOException {
        return Integer.toUnsignedLong((Integer) Files.getAttribute(path, "unix:uid", options));
    }

    /// The user id of this process.
    public static long ourselves() {
        return new UnixSystem().getUid();
    }

    /// Makes sure that `directory` exists, belongs to the user of this process, and is closed to
    /// all other users. Missing directories above it are created.
    ///
    /// @throws IOException also when it is a symbolic link or belongs to another user: in a shared
    ///   place such as `/tmp` another user may have created it first
    public static void directory(Path directory) throws IOException {
        var parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        directoryInParent(directory);
    }

    /// Does the same as [#directory], but the directory above has to exist.
    public static void directoryInParent(Path directory) throws IOException {
        try {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            return;
        } catch (FileAlreadyExistsException e) {
            requireOurs(directory);
        }
        Files.setPosixFilePermissions(directory, OWNER_ONLY);
    }

    private static void requireOurs(Path directory) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(
                    "%s is a symbolic link or a file; expected a directory. Remove it"
                            .formatted(directory));
        }
        long owner = owner(directory, LinkOption.NOFOLLOW_LINKS);
        long ourselves = ourselves();
        if (owner != ourselves) {
            throw new IOException(
                    "%s belongs to user id %d; expected our own, %d. Remove it, or choose another place"
                            .formatted(directory, owner, ourselves));
        }
    }
}
