package dev.keepsake.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;

/// Reads the directory of an embedded log when the log is opened: which segments exist, whether one
/// is missing or damaged, and where the log ends.
///
/// A torn end of the newest segment is cut off, because no client can have got a reply for it.
/// Anything else that differs from what was written is an error, and is left unchanged.
final class LogRecovery {
    private LogRecovery() {}

    /// Opens every segment of a directory and reads it.
    ///
    /// @param bounds what the directory has to contain
    /// @param segments receives the opened segments, so that the caller can close them if this
    ///   fails
    /// @return where the log ends; all entries before it are forced
    /// @throws CorruptLogException when the stored bytes differ from what was written
    static Tail recover(
            Path directory,
            Disk disk,
            LogBounds bounds,
            long reserveBytes,
            NavigableMap<Long, Segment> segments)
            throws IOException {
        var names = disk.list(directory).stream().filter(Segment::isSegment).toList();
        var promise = bounds.promise();
        long newestIndex = promise == null ? -1 : promise.newestIndex();
        long forcedIndex = promise == null ? -1 : promise.forcedIndex();
        if (promise != null) {
            checkEnds(directory, names, promise);
        }
        var tail = Tail.EMPTY;
        for (int i = 0; i < names.size(); i++) {
            boolean last = i == names.size() - 1;
            var path = directory.resolve(names.get(i));
            var segment = Segment.open(disk, path);
            if (segment == null) {
                if (!last) {
                    throw new CorruptLogException(
                            path + " has no valid header, and later segments follow; restore it");
                }
                if (i == 0 && !names.get(i).equals(Segment.fileName(0))) {
                    throw new CorruptLogException(
                            path
                                    + " has no valid header, and it is the only segment left; restore it");
                }
                if (Segment.firstIndexOf(names.get(i)) <= newestIndex) {
                    throw new CorruptLogException(
                            path
                                    + " has no valid header, though it was complete before; restore it");
                }
                disk.delete(path); // it was being created, so nothing in it was acknowledged
                break;
            }
            segments.put(segment.firstIndex(), segment);
            if (segment.hasBounds() && promise == null) {
                throw new CorruptLogException(
                        "%s is missing or damaged, which records the files that belong to %s; restore the missing file"
                                .formatted(bounds.path(), path));
            }
            if (i > 0 && !segment.before().equals(tail)) {
                throw new CorruptLogException(
                        "%s follows entry %d, but the segment before it ends with entry %d; restore the missing file, which is %s or one behind it"
                                .formatted(
                                        path,
                                        segment.before().index(),
                                        tail.index(),
                                        Segment.fileName(tail.index() + 1)));
            }
            tail = segment.recover(last, forcedIndex, reserveBytes);
        }
        if (tail.index() < forcedIndex) {
            throw new CorruptLogException(
                    "%s ends with entry %d, but entry %d was durable; restore the missing file"
                            .formatted(directory, tail.index(), forcedIndex));
        }
        if (!segments.isEmpty()) {
            segments.lastEntry().getValue().forceAgain();
        }
        disk.forceDirectory(directory);
        return tail;
    }

    /// Checks that the oldest and the newest recorded segment exist.
    private static void checkEnds(Path directory, List<String> names, LogBounds.Promise promise)
            throws CorruptLogException {
        if (promise.newestIndex() < 0) {
            return; // the first segment was not complete yet
        }
        var newest = Segment.fileName(promise.newestIndex());
        if (names.isEmpty() || names.getLast().compareTo(newest) < 0) {
            throw missing(directory.resolve(newest));
        }
        var oldest = Segment.fileName(promise.oldestIndex());
        if (names.getFirst().compareTo(oldest) > 0) {
            throw missing(directory.resolve(oldest));
        }
    }

    private static CorruptLogException missing(Path segment) {
        return new CorruptLogException(
                "%s is missing, and the log cannot be read without it; restore the missing file"
                        .formatted(segment));
    }
}
