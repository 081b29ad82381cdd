package dev.keepsake.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The record of what the directory of an embedded log has to contain, in a small file beside the
/// segments. Without it, nobody would notice that segments are missing at either end of the log.
/// Any thread.
///
/// The record is updated before anything relies on it: a new segment is recorded before an entry in
/// it is acknowledged, and the oldest kept segment is recorded before older ones are deleted.
///
/// Decision 11 (docs/decisions) says why.
final class LogBounds {
    /*
     * The file has two slots of this shape, big-endian. A write goes to the slot with the older
     * record, so a torn write leaves the newer record intact:
     *
     *   0       8          16            24            32            40 ...  508      512
     *   | magic | sequence | oldestIndex | newestIndex | forcedIndex | zeros | crc32c |
     *
     * Both slots are written when the file is created, and later in place: that needs no room on
     * a full disk.
     */
    static final String FILE_NAME = "bounds";

    private static final long MAGIC = 0x4B45505342445331L; // "KEPSBDS1"
    private static final int SLOT_BYTES = 512;
    private static final int CRC_AT = SLOT_BYTES - Integer.BYTES;

    /// What the directory has to contain.
    ///
    /// @param oldestIndex the first entry of the oldest kept segment
    /// @param newestIndex the first entry of the newest segment, or -1 when there is none yet
    /// @param forcedIndex an entry that was durable, as were all entries before it; -1 when none
    ///   was
    record Promise(long oldestIndex, long newestIndex, long forcedIndex) {
        static final Promise OF_NOTHING = new Promise(0, -1, -1);
    }

    private final Disk disk;
    private final Path directory;
    private final Path path;
    private Disk.@Nullable DiskFile file; // guarded by `this`, as are the next two fields
    private @Nullable Promise promise;
    private long sequence;

    private LogBounds(Disk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
        this.path = directory.resolve(FILE_NAME);
    }

    /// Reads the recorded bounds. Changes nothing.
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

    /// What the directory has to contain. Null when nothing is recorded: the log is older than this
    /// file, or is just being created.
    synchronized @Nullable Promise promise() {
        return promise;
    }

    /// Records what the directory has to contain. Durable when this returns.
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
        present.write(new ByteBuffer[] {other, encoded(made, 1)}, 0); // sequence 1: second slot
        present.force();
        disk.forceDirectory(directory);
        sequence = 1;
        promise = made;
    }

    /// Records that a new segment follows, and that all entries before it are durable.
    ///
    /// @throws IOException when the record could not be changed; it is as before then
    /// @throws HalfDoneException when the record may have changed nevertheless
    synchronized void begin(long newestIndex) throws IOException {
        var present = required();
        try {
            promise(new Promise(present.oldestIndex(), newestIndex, newestIndex - 1));
        } catch (IOException e) {
            takeBack(present, e);
            throw e;
        }
    }

    /// Records the former bounds again, because a failed write may be on the disk in part, or
    /// appear there after a crash.
    private void takeBack(Promise former, IOException failure) throws HalfDoneException {
        try {
            promise(former);
        } catch (IOException e) {
            failure.addSuppressed(e);
            throw new HalfDoneException(
                    "%s cannot be written: %s".formatted(path, failure.getMessage()), failure);
        }
    }

    /// Records that segments before `oldestIndex` may be missing from now on.
    synchronized void keepFrom(long oldestIndex) throws IOException {
        var present = required();
        if (oldestIndex > present.oldestIndex()) {
            promise(new Promise(oldestIndex, present.newestIndex(), present.forcedIndex()));
        }
    }

    /// Records that all entries up to `index` are durable.
    synchronized void forced(long index) throws IOException {
        var present = required();
        promise(new Promise(present.oldestIndex(), present.newestIndex(), index));
    }

    private Promise required() {
        var present = promise;
        if (present == null) {
            throw new IllegalStateException("%s has no record yet".formatted(path));
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
