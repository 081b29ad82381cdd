package dev.keepsake.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// Room on the disk for leases and claims: a file of zeros beside the segments, which becomes the
/// next segment when there is no other room. Owned by the log's writer thread.
///
/// A primary may reply only while its lease holds, and each renewal is an entry. The log writes
/// LEASE and LEADER entries to the reserve when the disk is full, so that a full disk refuses only
/// writes. No other program can have taken this room, because the file is written in full in
/// advance, not only extended.
///
/// Decision 10 (docs/decisions) says why.
final class LogReserve {
    static final String FILE_NAME = "reserve";

    private static final int CHUNK_BYTES = 64 * 1024;

    private final Disk disk;
    private final Path path;
    private final long bytes;
    private boolean ready;

    /// A reserve that has no room yet; see [#make].
    ///
    /// @param bytes the size of the reserve; a LEASE entry takes [Segment#ENTRY_HEADER_BYTES]
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

    /// Allocates the room. A reserve that an earlier process left is written again, because it may
    /// not have been forced.
    ///
    /// @throws IOException when there is no room; none is allocated then
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
                file.truncate(0); // the failed attempt must not keep the little room that there is
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /// Gives the room away. The caller renames the file.
    Path take() {
        ready = false;
        return path;
    }
}
