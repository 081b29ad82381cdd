package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/// The private work directory of one engine: its log, and dumps while it needs them.
final class WorkDirectory {
    private static final int LOG_TAIL_BYTES = 2048;

    private final Path path;

    private WorkDirectory(Path path) {
        this.path = path;
    }

    /// Creates the directory, or uses an existing one after removing the dumps of an earlier
    /// engine, which a new engine must not load.
    ///
    /// @throws IOException also when there is no directory above it: the cluster may have been
    ///   deleted meanwhile, and its directory must not come back
    static WorkDirectory prepare(Path path) throws IOException {
        PrivateFiles.directoryInParent(path);
        var directory = new WorkDirectory(path);
        directory.removeDumps();
        PrivateFiles.file(directory.log());
        return directory;
    }

    Path path() {
        return path;
    }

    /// The file of the engine's output. A new engine overwrites it.
    Path log() {
        return path.resolve("engine.log");
    }

    /// The last lines of the log, for messages; empty when it cannot be read.
    List<String> lastLogLines() {
        try (var channel = Files.newByteChannel(log())) {
            long from = Math.max(0, channel.size() - LOG_TAIL_BYTES);
            var tail = ByteBuffer.allocate(LOG_TAIL_BYTES);
            channel.position(from).read(tail);
            // The first line is incomplete, unless the whole log was read.
            return new String(tail.array(), 0, tail.position(), UTF_8)
                    .lines()
                    .skip(from == 0 ? 0 : 1)
                    .toList();
        } catch (IOException _) {
            return List.of();
        }
    }

    /// Removes the dumps, unless the whole directory has been removed meanwhile.
    void removeDumps() throws IOException {
        try (var dumps = Files.newDirectoryStream(path, "*.rdb")) {
            for (Path dump : dumps) {
                Files.deleteIfExists(dump);
            }
        } catch (NoSuchFileException _) {
            // the cluster was deleted, with the dumps
        }
    }
}
