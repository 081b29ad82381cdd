package dev.keepsake.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// Room on the disk that is kept for who leads: a file of zeros beside the segments, which becomes
/// the next segment when there is no other room. Owned by the log's writer thread.
///
/// A primary may reply only while its lease holds, and a lease is an entry. So that a full disk
/// refuses writes and nothing else, LEASE and LEADER entries are written here then, where nobody
/// else can have taken the room: the file is written in full when there is room, not just as long.
///
/// Decision 10 (docs/decisions) says why.
final class LogReserve {
    static final String FILE_NAME = "reserve";

    private static final int CHUNK_BYTES = 64 * 1024;

    private final Disk disk;
    private final Path path;
    private final long bytes;
    private boolean ready;

    /// @param bytes a LEASE entry takes [Segment#ENTRY_HEADER_BYTES]
    LogReserve(Disk disk, Path directory, long bytes) {
        this.disk = disk;
        this.path = directory.resolve(FILE_NAME);
        this.bytes = bytes;
    }

    long bytes() {
        return bytes;
    }

    boolean isReady() {
        return ready;
    }

    /// Takes the room. What another process has left of it is written anew, since nobody knows
    /// whether that was forced.
    ///
    /// @throws IOException when there is no room; nothing of it is kept then
    void make() throws IOException {
        var file = disk.open(path);
        try (file) {
            var zeros = ByteBuffer.allocate(Math.toIntExact(Math.min(CHUNK_BYTES, bytes)));
            for (long at = 0; at < bytes; at += CHUNK_BYTES) {
                int length = Math.toIntExact(Math.min(CHUNK_BYTES, bytes - at));
                file.write(new ByteBuffer[] {zeros.duplicate().limit(length)}, at);
            }
            file.force();
            ready = true;
        } catch (IOException e) {
            try {
                file.truncate(0); // or the failed attempt would take what room there is
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /// Hands the room over, to become another file.
    Path take() {
        ready = false;
        return path;
    }
}
