package dev.keepsake.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One file of an embedded log: a header with the tail of the log before the file, and entries.
///
/// Written only by the log's writer thread. Read by any thread, up to the committed end.
final class Segment {
    /*
     * The file, big-endian:
     *
     *   0       8            16            24     32           40        41+n ...
     *   | magic | firstIndex | firstOffset | term | leaseIndex | n (1) | leader (n) | zeros | crc32c |
     *   0                                                                                   508    512
     *
     * and then entries:
     *
     *   0        4        8       16     24     25            33              41
     *   | length | crc32c | index | term | kind | firstOffset | batchPosition | payload (length) |
     *
     * A segment in the reserve continues with zeros up to a fixed length, which entries overwrite.
     *
     * The checksum covers all of the entry but itself. batchPosition is where in this file the
     * entry's batch begins. Batches are forced one after the other, so an entry whose batch begins
     * behind a damaged one proves that the damaged one had been forced: that is corruption. Without
     * such a proof the damage is the end of a write that was interrupted by the end of the process
     * or by a loss of power, and no client got a reply for it.
     */
    static final int HEADER_BYTES = 512;
    static final int ENTRY_HEADER_BYTES = 41;

    private static final Logger LOG = LoggerFactory.getLogger(Segment.class);
    private static final long MAGIC = 0x4B4550534C4F4732L; // "KEPSLOG2"
    private static final long MAGIC_WITHOUT_BOUNDS = 0x4B4550534C4F4731L; // "KEPSLOG1"
    private static final int LEADER_AT = 40;
    private static final int CRC_AT = HEADER_BYTES - Integer.BYTES;
    private static final int BATCH_POSITION_AT = 33;
    private static final int SPARSE_EVERY_BYTES = 64 * 1024;
    private static final int SCAN_CHUNK_BYTES = 256 * 1024;
    private static final int REWRITE_BYTES = 1 << 20;

    // Payloads of this size and more are not read into the heap.
    private static final int VIEW_FROM_BYTES = 1 << 20;

    /// Where an entry begins. A segment keeps a mark only now and then, so that a reader need not
    /// scan the whole file.
    private record Mark(long index, long firstOffset, long position) {}

    private final Path path;
    private final Disk.DiskFile file;
    private final Tail before;
    private final boolean hasBounds;
    private final List<Mark> marks = new ArrayList<>(); // guarded by itself
    private long sizeBytes = HEADER_BYTES;
    private long lastEntryAt; // the last recovered entry; 0 when there is none
    private @Nullable LogEntry newestEngine; // of the recovered entries
    private long nextMarkAt = HEADER_BYTES;
    private long reservedBytes; // the reserve's length while the segment is in it; else 0

    private Segment(Path path, Disk.DiskFile file, Tail before, boolean hasBounds) {
        this.path = path;
        this.file = file;
        this.before = before;
        this.hasBounds = hasBounds;
    }

    static String fileName(long firstIndex) {
        return "%020d.log".formatted(firstIndex);
    }

    static boolean isSegment(String fileName) {
        return fileName.matches("\\d{20}\\.log");
    }

    /// The first index of the segment whose file has this name.
    static long firstIndexOf(String fileName) {
        return Long.parseLong(fileName.substring(0, 20));
    }

    /// Creates a segment that follows `before`. The segment is durable when this returns. No
    /// segment is left when this throws, except with a [HalfDoneException].
    static Segment create(Disk disk, Path directory, Tail before) throws IOException {
        var path = directory.resolve(fileName(before.index() + 1));
        var file = disk.open(path);
        try {
            file.truncate(0);
            file.write(new ByteBuffer[] {header(before)}, 0);
            file.force();
            disk.forceDirectory(directory);
        } catch (IOException e) {
            file.close();
            throw undone(disk, path, e);
        }
        return new Segment(path, file, before, true);
    }

    /// Does the same as [#create] with the room of the reserve: the segment does not grow beyond
    /// that room before [#giveBackReserve]. Replaces an empty segment that has the same name; that
    /// one is unchanged when this throws, except with a [HalfDoneException].
    static Segment createIn(LogReserve reserve, Disk disk, Path directory, Tail before)
            throws IOException {
        var name = fileName(before.index() + 1);
        boolean replaces = disk.list(directory).contains(name);
        var path = directory.resolve(name);
        var kept = reserve.take();
        var file = disk.open(kept);
        try {
            file.write(new ByteBuffer[] {header(before)}, 0);
            file.force();
            disk.rename(kept, path);
        } catch (IOException e) {
            file.close();
            throw replaces ? e : undone(disk, path, e);
        }
        try {
            disk.forceDirectory(directory);
        } catch (IOException e) {
            file.close();
            if (replaces) { // the replaced segment has no name any more
                throw new HalfDoneException(
                        "%s is left half created: %s".formatted(path, e.getMessage()), e);
            }
            throw undone(disk, path, e);
        }
        var segment = new Segment(path, file, before, true);
        segment.reservedBytes = reserve.bytes();
        return segment;
    }

    /// Removes a segment that has just been created and has no entries.
    ///
    /// @param failure the reason
    /// @return the failure to report: `failure`, or a [HalfDoneException] when the segment could
    ///   not be removed
    IOException undo(Disk disk, IOException failure) throws IOException {
        file.close();
        return undone(disk, path, failure);
    }

    private static IOException undone(Disk disk, Path path, IOException failure) {
        try {
            remove(disk, path);
            return failure;
        } catch (IOException e) {
            // Full is not the right answer here: the file that is left would be in the way of the
            // next segment.
            failure.addSuppressed(e);
            return new HalfDoneException(
                    "%s is left half created: %s".formatted(path, failure.getMessage()), failure);
        }
    }

    private static void remove(Disk disk, Path path) throws IOException {
        disk.delete(path);
        disk.forceDirectory(path.resolveSibling(""));
    }

    private static ByteBuffer header(Tail before) {
        var header = ByteBuffer.allocate(HEADER_BYTES);
        var leader = before.leader().getBytes(UTF_8);
        header.putLong(MAGIC)
                .putLong(before.index() + 1)
                .putLong(before.endOffset())
                .putLong(before.term().number())
                .putLong(before.leaseIndex())
                .put((byte) leader.length)
                .put(leader)
                .putInt(CRC_AT, crc(header.duplicate().position(0).limit(CRC_AT)));
        return header.position(0).limit(HEADER_BYTES);
    }

    /// Opens an existing segment.
    ///
    /// @return null when the header is incomplete and no entries follow: nothing in the segment was
    ///   ever acknowledged
    /// @throws CorruptLogException when entries follow an invalid header, which was therefore
    ///   complete once
    static @Nullable Segment open(Disk disk, Path path) throws IOException {
        var file = disk.open(path);
        var header = ByteBuffer.allocate(HEADER_BYTES);
        file.read(header, 0);
        if (header.hasRemaining()
                || (header.getLong(0) != MAGIC && header.getLong(0) != MAGIC_WITHOUT_BOUNDS)
                || header.getInt(CRC_AT) != crc(header.duplicate().position(0).limit(CRC_AT))) {
            long fileBytes = file.size();
            file.close();
            if (fileBytes > HEADER_BYTES) {
                throw new CorruptLogException(
                        "%s has a damaged header, and entries follow; restore the file, nothing was changed"
                                .formatted(path));
            }
            return null;
        }
        var leader = new byte[header.get(LEADER_AT) & 0xff];
        header.get(LEADER_AT + 1, leader);
        return new Segment(
                path,
                file,
                new Tail(
                        header.getLong(8) - 1,
                        new Term(header.getLong(24)),
                        new String(leader, UTF_8),
                        header.getLong(32),
                        header.getLong(16)),
                header.getLong(0) == MAGIC);
    }

    Path path() {
        return path;
    }

    /// The tail of the log before this segment.
    Tail before() {
        return before;
    }

    long firstIndex() {
        return before.index() + 1;
    }

    /// Whether the segment was created by a version that keeps [LogBounds].
    boolean hasBounds() {
        return hasBounds;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /// The newest ENGINE entry that [#recover] found.
    @Nullable LogEntry newestEngine() {
        return newestEngine;
    }

    /// Whether the segment has no entries.
    boolean isEmpty() {
        return sizeBytes == HEADER_BYTES;
    }

    /// Whether the segment is in the reserve.
    boolean isReserved() {
        return reservedBytes > 0;
    }

    /// Whether the entries fit. Only a segment in the reserve has a fixed size.
    boolean hasRoomFor(List<LogEntry> entries) {
        long bytes = 0;
        for (var entry : entries) {
            bytes += ENTRY_HEADER_BYTES + entry.payload().remaining();
        }
        return !isReserved() || sizeBytes + bytes <= reservedBytes;
    }

    /// Cuts the unused rest of the reserve off. Nothing more is written to the segment.
    void giveBackReserve() throws HalfDoneException {
        reservedBytes = 0;
        try {
            file.truncate(sizeBytes);
            file.force();
        } catch (IOException e) {
            throw new HalfDoneException("%s cannot be cut: %s".formatted(path, e.getMessage()), e);
        }
    }

    /// Checks every entry, from the first to the last.
    ///
    /// @param last whether this is the log's last segment. Only its end may be torn, and is cut off
    ///   then
    /// @param forcedIndex an entry that is known to have been durable; no entry up to it is cut off
    /// @param reserveBytes the size of a reserve; a last segment that is in a reserve keeps its
    ///   room
    /// @return the tail of the log after this segment
    Tail recover(boolean last, long forcedIndex, long reserveBytes) throws IOException {
        long fileBytes = file.size();
        var tail = before;
        long position = HEADER_BYTES;
        while (position < fileBytes) {
            var entry = entryAt(position, fileBytes);
            if (entry == null
                    || entry.index() != tail.index() + 1
                    || entry.firstOffset() != tail.endOffset()) {
                boolean zero = isZero(position, fileBytes);
                if (!last && zero) {
                    break; // the unused rest of the reserve; the next segment's header has the end
                }
                if (!last) {
                    throw damaged(position, "and later segments follow");
                }
                if (tail.index() < forcedIndex) {
                    throw damaged(
                            position,
                            "but entry %d was durable, and this is where entry %d begins"
                                    .formatted(forcedIndex, tail.index() + 1));
                }
                if (forcedAfter(position, fileBytes)) {
                    throw damaged(position, "and later batches follow");
                }
                if (zero && fileBytes == reserveBytes) {
                    reservedBytes = reserveBytes;
                    break;
                }
                LOG.warn(
                        "file={} has a torn end, which is cut from={} to={}",
                        path,
                        fileBytes,
                        position);
                file.truncate(position);
                file.force();
                break;
            }
            note(entry.index(), entry.firstOffset(), position);
            lastEntryAt = position;
            if (entry.kind() == EntryKind.ENGINE) {
                newestEngine = entry;
            }
            tail = tail.after(entry);
            position += ENTRY_HEADER_BYTES + entry.payload().remaining();
        }
        sizeBytes = position;
        if (last && tail.index() < forcedIndex) {
            throw new CorruptLogException(
                    "%s ends with entry %d, but entry %d was durable; restore the file, nothing was changed"
                            .formatted(path, tail.index(), forcedIndex));
        }
        return tail;
    }

    private boolean isZero(long from, long end) throws IOException {
        for (long at = from; at < end; at += SCAN_CHUNK_BYTES) {
            var chunk = ByteBuffer.allocate((int) Math.min(SCAN_CHUNK_BYTES, end - at));
            file.read(chunk, at);
            for (int i = 0; i < chunk.position(); i++) {
                if (chunk.get(i) != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /// Makes the end durable that [#recover] found.
    ///
    /// That the end could be read does not prove that it was ever forced. The process may have been
    /// killed before the force, or the force may have failed, after which the system drops the
    /// pages and treats them as clean. So the last batch is written again (the header, if there is
    /// no batch), and the rest of the file is cut off again.
    void forceAgain() throws IOException {
        if (!isReserved()) {
            file.truncate(sizeBytes);
        }
        long from = 0;
        if (lastEntryAt > 0) {
            var batchPosition = ByteBuffer.allocate(Long.BYTES);
            file.read(batchPosition, lastEntryAt + BATCH_POSITION_AT);
            from = batchPosition.getLong(0);
        }
        var bytes = ByteBuffer.allocate((int) Math.min(REWRITE_BYTES, sizeBytes - from));
        for (long at = from; at < sizeBytes; at += bytes.capacity()) {
            bytes.clear().limit((int) Math.min(bytes.capacity(), sizeBytes - at));
            file.read(bytes, at);
            file.write(new ByteBuffer[] {bytes.flip()}, at);
        }
        file.force();
    }

    /// Writes a batch at the end of the segment and forces it.
    ///
    /// @throws UnforcedException when the batch was written but could not be forced. Any other
    ///   exception comes before the force, so [#rollBack] removes all of the batch
    void append(List<LogEntry> batch) throws IOException {
        var buffers = new ByteBuffer[2 * batch.size()];
        long position = sizeBytes;
        for (int i = 0; i < batch.size(); i++) {
            var entry = batch.get(i);
            buffers[2 * i] = header(entry, sizeBytes);
            buffers[2 * i + 1] = entry.payload();
            note(entry.index(), entry.firstOffset(), position);
            position += ENTRY_HEADER_BYTES + entry.payload().remaining();
        }
        if (!hasRoomFor(batch)) {
            throw new IOException("the reserve in which " + path + " was created is used up");
        }
        file.write(buffers, sizeBytes);
        try {
            file.force();
        } catch (IOException e) {
            throw new UnforcedException(e);
        }
        sizeBytes = position;
    }

    /// Removes the remains of a failed [#append].
    void rollBack() throws IOException {
        synchronized (marks) {
            marks.removeIf(mark -> mark.position() >= sizeBytes);
        }
        nextMarkAt = sizeBytes;
        if (isReserved()) {
            var zeros = ByteBuffer.allocate(Math.toIntExact(reservedBytes - sizeBytes));
            file.write(new ByteBuffer[] {zeros}, sizeBytes); // keeps the room
        } else {
            file.truncate(sizeBytes);
        }
        file.force();
    }

    /// Entries from `fromIndex` to `toIndex`: as many as fit into `maxBytes` of payload, but at
    /// least one.
    List<LogEntry> read(long fromIndex, long toIndex, int maxBytes) throws IOException {
        var entries = new ArrayList<LogEntry>();
        long position = markBefore(fromIndex, Long.MAX_VALUE).position();
        long bytes = 0;
        long end = file.size();
        while (true) {
            if (!entries.isEmpty() && bytes + lengthAt(position, end) > maxBytes) {
                return entries;
            }
            var entry = entryAt(position, end);
            if (entry == null) {
                throw damaged(position, "though it was valid when it was written");
            }
            if (entry.index() >= fromIndex) {
                bytes += entry.payload().remaining();
                entries.add(entry);
            }
            if (entry.index() >= toIndex) {
                return entries;
            }
            position += ENTRY_HEADER_BYTES + entry.payload().remaining();
        }
    }

    /// The index of the DATA entry that holds the byte at `offset`, which is in this segment.
    long indexOf(long offset) throws IOException {
        long position = markBefore(Long.MAX_VALUE, offset).position();
        long end = file.size();
        while (true) {
            var entry = entryAt(position, end);
            if (entry == null) {
                throw damaged(position, "though it was valid when it was written");
            }
            if (entry.kind() == EntryKind.DATA && entry.endOffset() > offset) {
                return entry.index();
            }
            position += ENTRY_HEADER_BYTES + entry.payload().remaining();
        }
    }

    void close() throws IOException {
        file.close();
    }

    private Mark markBefore(long index, long offset) {
        synchronized (marks) {
            var best = new Mark(firstIndex(), before.endOffset(), HEADER_BYTES);
            int low = 0;
            int high = marks.size() - 1;
            while (low <= high) {
                int middle = (low + high) >>> 1;
                var mark = marks.get(middle);
                if (mark.index() <= index && mark.firstOffset() <= offset) {
                    best = mark;
                    low = middle + 1;
                } else {
                    high = middle - 1;
                }
            }
            return best;
        }
    }

    private void note(long index, long firstOffset, long position) {
        if (position >= nextMarkAt) {
            synchronized (marks) {
                marks.add(new Mark(index, firstOffset, position));
            }
            nextMarkAt = position + SPARSE_EVERY_BYTES;
        }
    }

    /// The length that the entry at `position` has according to its header, unchecked; 0 when there
    /// is no entry.
    private int lengthAt(long position, long end) throws IOException {
        if (position + ENTRY_HEADER_BYTES > end) {
            return 0;
        }
        var length = ByteBuffer.allocate(Integer.BYTES);
        file.read(length, position);
        return length.getInt(0);
    }

    /// The entry at `position`, or null when there is no valid entry.
    private @Nullable LogEntry entryAt(long position, long end) throws IOException {
        if (position + ENTRY_HEADER_BYTES > end) {
            return null;
        }
        var header = ByteBuffer.allocate(ENTRY_HEADER_BYTES);
        file.read(header, position);
        header.flip();
        int length = header.getInt(0);
        if (length < 0 || position + ENTRY_HEADER_BYTES + length > end) {
            return null;
        }
        var payload = payload(position + ENTRY_HEADER_BYTES, length);
        if (payload.remaining() != length || entryCrc(header, payload) != header.getInt(4)) {
            return null;
        }
        return new LogEntry(
                header.getLong(8),
                new Term(header.getLong(16)),
                EntryKind.ofCode(header.get(24)),
                header.getLong(25),
                payload);
    }

    private ByteBuffer payload(long position, int length) throws IOException {
        if (length >= VIEW_FROM_BYTES) {
            return file.view(position, length);
        }
        var payload = ByteBuffer.allocate(length);
        file.read(payload, position);
        return payload.flip();
    }

    /// Whether an entry follows whose batch begins after `damage`.
    private boolean forcedAfter(long damage, long end) throws IOException {
        for (long from = damage; from < end; from += SCAN_CHUNK_BYTES) {
            int bytes = (int) Math.min(SCAN_CHUNK_BYTES + ENTRY_HEADER_BYTES, end - from);
            var chunk = ByteBuffer.allocate(bytes);
            file.read(chunk, from);
            for (int i = 0; i + ENTRY_HEADER_BYTES <= bytes && i < SCAN_CHUNK_BYTES; i++) {
                long batchPosition = chunk.getLong(i + BATCH_POSITION_AT);
                boolean plausible =
                        batchPosition > damage
                                && batchPosition <= from + i
                                && chunk.getInt(i) >= 0
                                && chunk.getLong(i + 8) > before.index();
                if (plausible && entryAt(from + i, end) != null) {
                    return true;
                }
            }
        }
        return false;
    }

    private CorruptLogException damaged(long position, String evidence) {
        return new CorruptLogException(
                "%s is damaged at byte %d, %s; restore the file, nothing was changed"
                        .formatted(path, position, evidence));
    }

    private static ByteBuffer header(LogEntry entry, long batchPosition) {
        var header = ByteBuffer.allocate(ENTRY_HEADER_BYTES);
        header.putInt(0, entry.payload().remaining())
                .putLong(8, entry.index())
                .putLong(16, entry.term().number())
                .put(24, entry.kind().code())
                .putLong(25, entry.firstOffset())
                .putLong(BATCH_POSITION_AT, batchPosition)
                .putInt(4, entryCrc(header, entry.payload()));
        return header;
    }

    private static int entryCrc(ByteBuffer header, ByteBuffer payload) {
        var crc = new CRC32C();
        crc.update(header.duplicate().position(0).limit(4));
        crc.update(header.duplicate().position(8).limit(ENTRY_HEADER_BYTES));
        crc.update(payload.duplicate());
        return (int) crc.getValue();
    }

    private static int crc(ByteBuffer bytes) {
        var crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
