package dev.keepsake.buckets;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;

/// Opens files whose names come from callers, below a directory that they may read. Stateless.
///
/// Where a link leads is found out first; then every directory on the way is opened below the one
/// before it without following a link, and so is the file. Whoever exchanges one of them meanwhile
/// is noticed rather than followed. What is no regular file is not opened at all: a pipe would
/// never answer, a device never end.
public final class FilesBelow {

    private FilesBelow() {}

    /// Opens a regular file to be read.
    ///
    /// @param file absolute; it may go through links
    /// @throws IOException when there is no such file, it cannot be read, is no regular file, or is
    ///   outside the directory; callers must not be told which
    public static SeekableByteChannel open(Path directory, Path file) throws IOException {
        var root = directory.toRealPath();
        var real = file.toRealPath();
        if (real.equals(root) || !real.startsWith(root)) {
            throw new IOException("%s is outside %s".formatted(real, root));
        }
        try (var top = Files.newDirectoryStream(root)) {
            return walk(secure(top), root.relativize(real));
        }
    }

    private static SeekableByteChannel walk(SecureDirectoryStream<Path> here, Path below)
            throws IOException {
        int names = below.getNameCount();
        if (names == 1) {
            return openRegular(here, below);
        }
        try (var next = here.newDirectoryStream(below.getName(0), LinkOption.NOFOLLOW_LINKS)) {
            return walk(next, below.subpath(1, names));
        }
    }

    private static SeekableByteChannel openRegular(SecureDirectoryStream<Path> here, Path name)
            throws IOException {
        var before = attributes(here, name);
        var opened =
                here.newByteChannel(
                        name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        try {
            if (Objects.equals(attributes(here, name).fileKey(), before.fileKey())) {
                return opened;
            }
            throw new IOException(name + " was exchanged while it was opened");
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static BasicFileAttributes attributes(SecureDirectoryStream<Path> here, Path name)
            throws IOException {
        var found =
                here.getFileAttributeView(
                                name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                        .readAttributes();
        if (!found.isRegularFile()) {
            throw new IOException(name + " is no regular file");
        }
        return found;
    }

    private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> stream)
            throws IOException {
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return secure;
        }
        throw new IOException("this file system cannot open files safely below a directory");
    }
}
