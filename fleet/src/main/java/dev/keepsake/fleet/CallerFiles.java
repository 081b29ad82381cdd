package dev.keepsake.fleet;

import dev.keepsake.buckets.FilesBelow;
import dev.keepsake.buckets.FillSource;
import dev.keepsake.control.RestoreFiles;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The files of this machine that callers may fill clusters with: those in the directories that the
/// server was started with. The reason why a file cannot be read (missing, not readable, in another
/// directory) is only logged. Callers always get the same answer, so that they cannot find out
/// which files the machine has. Any thread.
final class CallerFiles {
    private static final Logger LOG = LoggerFactory.getLogger(CallerFiles.class);

    private final List<Path> directories;

    CallerFiles(List<Path> directories) {
        this.directories =
                directories.stream().map(each -> each.toAbsolutePath().normalize()).toList();
    }

    /// The check for the control plane, which uses only the name.
    RestoreFiles asDecided() {
        return directories.isEmpty() ? RestoreFiles.NONE : this::refusalOf;
    }

    private Optional<String> refusalOf(String address) {
        try {
            directoryOf(address, pathOf(address));
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /// The file as a source to read from.
    ///
    /// @throws IOException when the file's name is not allowed
    FillSource at(String address) throws IOException {
        var file = pathOf(address);
        var directory = directoryOf(address, file);
        return new FillSource("File " + file, () -> open(directory, file));
    }

    private SeekableByteChannel open(Path directory, Path file) throws IOException {
        try {
            return FilesBelow.open(directory, file);
        } catch (IOException e) {
            LOG.warn("file={} is not read reason={}", file, e.toString());
            throw new IOException(
                    "File %s cannot be read; it has to be a regular file in a directory that"
                                    .formatted(file)
                            + " --restore-from names, and the server has to be allowed to read it.",
                    e);
        }
    }

    private Path directoryOf(String address, Path file) throws IOException {
        return directories.stream()
                .filter(each -> file.startsWith(each) && !file.equals(each))
                .findFirst()
                .orElseThrow(() ->
                        new IOException(
                                "%s is in none of the directories that --restore-from names; put it"
                                                .formatted(address)
                                        + " into one of them, or start the server with its"
                                        + " directory."));
    }

    private static Path pathOf(String address) throws IOException {
        try {
            return Path.of(URI.create(address)).toAbsolutePath().normalize();
        } catch (IllegalArgumentException e) {
            throw new IOException("%s names no file.".formatted(address), e);
        }
    }
}
