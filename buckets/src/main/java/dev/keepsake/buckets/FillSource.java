package dev.keepsake.buckets;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/// A file that new clusters are filled with. Whoever reads it opens it, and what is checked is what
/// was opened.
///
/// @param name as messages say it
public record FillSource(String name, Opening opening) {
    /// Opens the file to be read once; blocks.
    @FunctionalInterface
    public interface Opening {
        SeekableByteChannel open() throws IOException;
    }

    /// A file that the server itself has put where it is.
    public static FillSource ofOurs(String name, Path file) {
        return new FillSource(name, () -> Files.newByteChannel(file));
    }

    public SeekableByteChannel open() throws IOException {
        return opening.open();
    }
}
