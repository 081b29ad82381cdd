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

/// Everything that a shard held at one offset, as an RDB file, which stock Redis loads.
///
/// All that has to be known of the file is in its name, so that one rename makes both usable; but
/// for which engine wrote it, which the file itself says.
///
/// @param nextIndex the log entry that goes on from here
/// @param offset how many bytes of the stream are in it
/// @param checksum the log's running checksum there
/// @param fileCrc32c of the whole file
/// @param file where it is
public record Snapshot(long nextIndex, long offset, long checksum, int fileCrc32c, Path file) {
    private static final Pattern NAME =
            Pattern.compile("(\\d{20})-(\\d{20})-([0-9a-f]{16})-([0-9a-f]{8})\\.rdb");
    private static final int CHUNK_BYTES = 1 << 20;

    String fileName() {
        return "%020d-%020d-%016x-%08x.rdb".formatted(offset, nextIndex, checksum, fileCrc32c);
    }

    /// Reads a file's name; empty when it is none of ours.
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

    /// The checksum of a file. Reads all of it.
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

    /// The engine that wrote the file, if it says so. Reads its beginning.
    public Optional<EngineStamp> writer() throws IOException {
        return RdbHeader.of(file).flatMap(RdbHeader::stamp);
    }

    /// Expects that an engine can go on from here.
    ///
    /// @throws NewerEngineException when it cannot
    /// @throws IOException when the file cannot be read, or is of a format that the engine does not
    ///   know and does not say who wrote it
    public void expectFor(EngineStamp reader) throws IOException {
        var header = RdbHeader.of(file).orElse(null);
        if (header == null) {
            return; // the engine will say what is wrong with it
        }
        var wrote = header.stamp().orElse(null);
        if (wrote != null) {
            if (!reader.continuesFileOf(wrote)) {
                throw new NewerEngineException("snapshot %s".formatted(file), wrote, reader);
            }
        } else if (!reader.loads(header)) {
            throw new IOException(
                    "snapshot %s is in %s, and %s loads %s; start the server with an engine that loads it"
                            .formatted(file, header.describe(), reader, reader.loadable()));
        }
    }

    /// How large the file is.
    public long fileBytes() {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
