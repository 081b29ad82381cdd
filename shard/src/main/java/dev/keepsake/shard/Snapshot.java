package dev.keepsake.shard;

import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.NewerEngineException;
import dev.keepsake.engine.RdbHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/// All data of a shard at one offset, as an RDB file that stock Redis loads.
///
/// The file's name contains everything that has to be known about it, so one rename makes both
/// usable. The exception is the engine that wrote it: the file's content says that.
///
/// @param nextIndex the log entry that comes next
/// @param offset how many bytes of the stream the snapshot contains
/// @param checksum the log's running checksum at the offset
/// @param fileCrc32c the checksum of the whole file
/// @param file the path of the file
public record Snapshot(long nextIndex, long offset, long checksum, int fileCrc32c, Path file) {
    private static final Pattern NAME =
            Pattern.compile("(\\d{20})-(\\d{20})-([0-9a-f]{16})-([0-9a-f]{8})\\.rdb");
    private static final int CHUNK_BYTES = 1 << 20;

    String fileName() {
        return "%020d-%020d-%016x-%08x.rdb".formatted(offset, nextIndex, checksum, fileCrc32c);
    }

    /// Reads a file's name. Empty when the name is not a snapshot's.
    static Optional<Snapshot> of(Path file) {
        var name = NAME.matcher(file.getFileName().toString());
        if (!name.matches()) {
            return Optional.empty();
        }
        return Optional.of(
                new Snapshot(
                        Long.parseLong(name.group(2)),
                        Long.parseLong(name.group(1)),
                        Long.parseUnsignedLong(name.group(3), 16),
                        Integer.parseUnsignedInt(name.group(4), 16),
                        file));
    }

    /// The CRC32C of a file. Reads the whole file.
    static int crc32cOf(Path file) throws IOException {
        var crc = new CRC32C();
        var chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        try (var channel = FileChannel.open(file)) {
            while (channel.read(chunk.clear()) >= 0) {
                crc.update(chunk.flip());
            }
        }
        return (int) crc.getValue();
    }

    /// The engine that wrote the file, if the file names it. Reads the file's beginning.
    public Optional<EngineStamp> writer() throws IOException {
        return RdbHeader.of(file).flatMap(RdbHeader::stamp);
    }

    /// Checks that an engine can continue from this snapshot.
    ///
    /// @throws NewerEngineException when it cannot
    /// @throws IOException when the file cannot be read, or names no engine and has a format that
    ///   the reader does not load
    public void expectFor(EngineStamp reader) throws IOException {
        var header = RdbHeader.of(file).orElse(null);
        if (header == null) {
            return; // the engine reports what is wrong with the file
        }
        var wrote = header.stamp().orElse(null);
        if (wrote != null) {
            if (!reader.continuesFileOf(wrote)) {
                throw new NewerEngineException("snapshot %s".formatted(file), wrote, reader);
            }
        } else if (!header.isLoadedBy(reader)) {
            throw new IOException(
                    "snapshot %s is in %s, but %s loads %s; start the server with an engine that loads it"
                            .formatted(file, header.describe(), reader, reader.loadable()));
        }
    }

    /// The size of the file, in bytes.
    public long fileBytes() {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
