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

/// Opens files below an allowed directory whose names come from callers. Stateless.
///
/// First all links in the name are resolved. Then every directory on the way is opened below the
/// previous one without following links, and so is the file. So an exchange of one of them
/// meanwhile is noticed and not followed. Only regular files are opened: a pipe might never answer,
/// and a device might never end.
public final class FilesBelow {

    private FilesBelow() {}

    /// Opens a regular file for reading.
    ///
    /// @param file absolute; it may contain links
    /// @throws IOException when the file does not exist, cannot be read, is not a regular file, or
    ///   is outside the directory; callers must not learn which
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
            throw new IOException(name + " is not a regular file");
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
