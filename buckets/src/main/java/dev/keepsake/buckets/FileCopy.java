package dev.keepsake.buckets;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// Copies files and makes the copies durable. Stateless; blocks.
public final class FileCopy {
    private FileCopy() {}

    /// Copies a file and forces its content, but not its name.
    ///
    /// @return its length in bytes
    public static long forced(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        try (var channel = FileChannel.open(to, StandardOpenOption.WRITE)) {
            channel.force(true);
            return channel.size();
        }
    }
}
