package dev.keepsake.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// What the directory of an embedded log has to hold, in a small file beside the segments: without
/// it, segments that are gone from either end of the log would not be missed. Any thread.
///
/// What it says is true before anybody relies on it: a new segment is named here before anything in
/// it is acknowledged, and the oldest one that is kept before those in front of it are deleted.
///
/// Decision 11 (docs/decisions) says why.
final class LogBounds {
    /*
     * The file, two slots of this shape, big-endian; what is newer overwrites what is older, so a write
     * that is torn leaves the one before it:
     *
     *   0       8          16            24            32            40 ...  508      512
     *   | magic | sequence | oldestIndex | newestIndex | forcedIndex | zeros | crc32c |
     *
     * It is written as a whole when it is made, and in place ever after: that takes no room on a disk
     * that is full.
     */
    static final String FILE_NAME = "bounds";

    private static final long MAGIC = 0x4B45505342445331L; // "KEPSBDS1"
    private static final int SLOT_BYTES = 512;
    private static final int CRC_AT = SLOT_BYTES - Integer.BYTES;

    /// @param oldestIndex the first entry of the oldest segment that is kept
    /// @param newestIndex the first entry of the newest segment, or -1 when there is none yet
    /// @param forcedIndex an entry that was durable, as are all before it; -1 when none was
    record Promise(long oldestIndex, long newestIndex, long forcedIndex) {
        static final Promise OF_NOTHING = new Promise(0, -1, -1);
    }

    private final Disk disk;
    private final Path directory;
    private final Path path;
    private Disk.@Nullable DiskFile file; // guarded by this, as is all below
    private @Nullable Promise promise;
    private long sequence;

    private LogBounds(Disk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
        this.path = directory.resolve(FILE_NAME);
    }

    /// Reads what was promised, and changes nothing.
    static LogBounds open(Disk disk, Path directory) throws IOException {
        var bounds = new LogBounds(disk, directory);
        if (disk.list(directory).contains(FILE_NAME)) {
            bounds.read();
        }
        return bounds;
    }

    private synchronized void read() throws IOException {
        var opened = disk.open(path);
        file = opened;
        var bytes = ByteBuffer.allocate(2 * SLOT_BYTES);
        opened.read(bytes, 0);
        for (int at = 0; at + SLOT_BYTES <= bytes.position(); at += SLOT_BYTES) {
            var slot = bytes.slice(at, SLOT_BYTES);
            boolean valid = slot.getLong(0) == MAGIC && slot.getInt(CRC_AT) == crc(slot);
            if (valid && slot.getLong(8) > sequence) {
                sequence = slot.getLong(8);
                promise = new Promise(slot.getLong(16), slot.getLong(24), slot.getLong(32));
            }
        }
    }

    Path path() {
        return path;
    }

    /// What the directory has to hold, or null when nobody has said so: a log of before this file,
    /// or one that is being made.
    synchronized @Nullable Promise promise() {
        return promise;
    }

    /// Durable when this returns.
    synchronized void promise(Promise made) throws IOException {
        var present = file;
        if (present == null || sequence == 0) {
            make(made);
            return;
        }
        int slot = (int) ((sequence + 1) % 2);
        present.write(new ByteBuffer[] {encoded(made, sequence + 1)}, (long) slot * SLOT_BYTES);
        present.force();
        sequence++;
        promise = made;
    }

    private void make(Promise made) throws IOException {
        var present = file;
        if (present == null) {
            present = disk.open(path);
            file = present;
        }
        var other = ByteBuffer.allocate(SLOT_BYTES);
        present.write(new ByteBuffer[] {other, encoded(made, 1)}, 0); // where sequence 1 belongs
        present.force();
        disk.forceDirectory(directory);
        sequence = 1;
        promise = made;
    }

    /// A new segment stands behind all that was durable before.
    ///
    /// @throws IOException when that cannot be said; it is not said then
    /// @throws HalfDoneException when it may have been said nevertheless
    synchronized void begin(long newestIndex) throws IOException {
        var present = required();
        try {
            promise(new Promise(present.oldestIndex(), newestIndex, newestIndex - 1));
        } catch (IOException e) {
            takeBack(present, e);
            throw e;
        }
    }

    /// What could not be written may be there in part, or be there after a crash.
    private void takeBack(Promise former, IOException failure) throws HalfDoneException {
        try {
            promise(former);
        } catch (IOException e) {
            failure.addSuppressed(e);
            throw new HalfDoneException(
                    "%s cannot be written: %s".formatted(path, failure.getMessage()), failure);
        }
    }

    /// Segments before this one may be missing from now on.
    synchronized void keepFrom(long oldestIndex) throws IOException {
        var present = required();
        if (oldestIndex > present.oldestIndex()) {
            promise(new Promise(oldestIndex, present.newestIndex(), present.forcedIndex()));
        }
    }

    /// Everything up to this entry is durable.
    synchronized void forced(long index) throws IOException {
        var present = required();
        promise(new Promise(present.oldestIndex(), present.newestIndex(), index));
    }

    private Promise required() {
        var present = promise;
        if (present == null) {
            throw new IllegalStateException("%s promises nothing yet".formatted(path));
        }
        return present;
    }

    synchronized void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }

    private static ByteBuffer encoded(Promise made, long sequence) {
        var slot = ByteBuffer.allocate(SLOT_BYTES);
        slot.putLong(0, MAGIC)
                .putLong(8, sequence)
                .putLong(16, made.oldestIndex())
                .putLong(24, made.newestIndex())
                .putLong(32, made.forcedIndex());
        return slot.putInt(CRC_AT, crc(slot));
    }

    private static int crc(ByteBuffer slot) {
        var crc = new CRC32C();
        crc.update(slot.slice(0, CRC_AT));
        return (int) crc.getValue();
    }
}
