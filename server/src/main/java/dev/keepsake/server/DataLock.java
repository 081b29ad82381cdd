package dev.keepsake.server;

import dev.keepsake.core.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.function.LongSupplier;

/// The lock of a data directory: only one server at a time uses it. The system releases the lock,
/// however the server ends.
final class DataLock implements AutoCloseable {
    private final FileChannel file;

    private DataLock(FileChannel file) {
        this.file = file;
    }

    static DataLock take(Path dataDirectory) throws StartException {
        return take(dataDirectory, PrivateFiles::ourselves);
    }

    /// Locks a data directory.
    ///
    /// @param ourselves gives the user id that the directory has to belong to, on systems that have
    ///   user ids
    static DataLock take(Path dataDirectory, LongSupplier ourselves) throws StartException {
        try {
            var lockFile = new FileAttribute<?>[0];
            if (dataDirectory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createDirectories(
                        dataDirectory,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
                expectOurs(dataDirectory, ourselves.getAsLong());
                expectOwnersAlone(dataDirectory);
                lockFile =
                        new FileAttribute<?>[] {
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------"))
                        };
            } else {
                Files.createDirectories(dataDirectory);
            }
            var file =
                    FileChannel.open(
                            dataDirectory.resolve("server.lock"),
                            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                            lockFile); // others could take the lock, and no server could start
            if (isLocked(file)) {
                return new DataLock(file);
            }
            file.close();
        } catch (IOException e) {
            throw new StartException(
                    "the data directory %s cannot be used: %s; choose another with --data-dir"
                            .formatted(dataDirectory, reason(e)));
        }
        throw new StartException(
                "the data directory %s is in use by another server; stop that one, or choose another with --data-dir"
                        .formatted(dataDirectory));
    }

    private static void expectOurs(Path dataDirectory, long ourselves)
            throws IOException, StartException {
        long owner = PrivateFiles.owner(dataDirectory);
        if (owner != ourselves) {
            throw new StartException(
                    "the data directory %s belongs to user id %d; expected our own, %d: run chown %d on it, start the server as that user, or choose another with --data-dir"
                            .formatted(dataDirectory, owner, ourselves, ourselves));
        }
    }

    /// Checks that only the owner may write to the directory. A user who can write there can make
    /// nodes read anything, including the keys of their authority.
    private static void expectOwnersAlone(Path dataDirectory) throws IOException, StartException {
        var allowed = Files.getPosixFilePermissions(dataDirectory);
        if (allowed.contains(PosixFilePermission.GROUP_WRITE)
                || allowed.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new StartException(
                    "the data directory %s may be written by others (%s); expected one that only its owner may write: run chmod go-w on it, or choose another with --data-dir"
                            .formatted(dataDirectory, PosixFilePermissions.toString(allowed)));
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case FileAlreadyExistsException _ -> "it is not a directory";
            case AccessDeniedException _ -> "permission denied";
            case FileSystemException file when file.getReason() != null -> file.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }

    private static boolean isLocked(FileChannel file) throws IOException {
        try {
            return file.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // locked by another server in this process
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
