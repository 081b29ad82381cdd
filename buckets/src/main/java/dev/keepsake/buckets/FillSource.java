package dev.keepsake.buckets;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/// A file that new clusters are filled with. Its reader opens it, so the checks are made on the
/// opened file.
///
/// @param name the name in messages
public record FillSource(String name, Opening opening) {
    /// Opens the file for one reading. Blocks.
    @FunctionalInterface
    public interface Opening {
        SeekableByteChannel open() throws IOException;
    }

    /// A file that the server itself has written.
    public static FillSource ofOurs(String name, Path file) {
        return new FillSource(name, () -> Files.newByteChannel(file));
    }

    public SeekableByteChannel open() throws IOException {
        return opening.open();
    }
}
