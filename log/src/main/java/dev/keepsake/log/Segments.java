package dev.keepsake.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The segments of an embedded log, at least one, without a gap. Any thread.
final class Segments {
    private final Path directory;
    private final Disk disk;
    private final LogBounds bounds;
    private final ReentrantLock trimming = new ReentrantLock(); // taken before lock
    private final ReentrantLock lock = new ReentrantLock();
    private final NavigableMap<Long, Segment> byFirstIndex; // guarded by lock

    /// @param bounds is told before segments are deleted
    /// @param found those that are there, by their first entry
    Segments(Path directory, Disk disk, LogBounds bounds, NavigableMap<Long, Segment> found) {
        this.directory = directory;
        this.disk = disk;
        this.bounds = bounds;
        this.byFirstIndex = new TreeMap<>(found);
    }

    /// The oldest entry that is held, or the one that will be the first.
    long firstIndex() {
        lock.lock();
        try {
            return byFirstIndex.firstKey();
        } finally {
            lock.unlock();
        }
    }

    Segment newest() {
        lock.lock();
        try {
            return byFirstIndex.lastEntry().getValue();
        } finally {
            lock.unlock();
        }
    }

    /// The newest ENGINE entry that the segments had when they were opened.
    @Nullable LogEntry newestEngine() {
        return all().reversed().stream()
                .map(Segment::newestEngine)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /// A segment is there that stands behind all others.
    void add(Segment next) {
        lock.lock();
        try {
            byFirstIndex.put(next.firstIndex(), next);
        } finally {
            lock.unlock();
        }
    }

    /// The segment that an entry is in.
    Segment holding(long index) throws TrimmedException {
        lock.lock();
        try {
            var floor = byFirstIndex.floorEntry(index);
            if (floor == null) {
                throw new TrimmedException(
                        "entry %d of %s has been trimmed; the oldest is %d"
                                .formatted(index, directory, byFirstIndex.firstKey()));
            }
            return floor.getValue();
        } finally {
            lock.unlock();
        }
    }

    /// The last entry that may be in a segment: unbounded for the newest.
    long lastIndexOf(Segment segment) {
        lock.lock();
        try {
            var next = byFirstIndex.higherKey(segment.firstIndex());
            return next == null ? Long.MAX_VALUE : next - 1;
        } finally {
            lock.unlock();
        }
    }

    /// The segment that the byte at an offset is in.
    Segment holdingOffset(long offset) throws TrimmedException {
        return all().reversed().stream()
                .filter(segment -> segment.before().endOffset() <= offset)
                .findFirst()
                .orElseThrow(() ->
                        new TrimmedException(
                                "offset %d of %s has been trimmed".formatted(offset, directory)));
    }

    /// Deletes every segment all of which lies before an entry.
    ///
    /// @param queue says when the log is closed
    void trim(long firstKeptIndex, LogQueue queue) throws IOException {
        // Strictly the oldest first: opened again, a gap between segments would be taken for
        // damage. And not before it is known that they may be missing.
        trimming.lock();
        try {
            // Decided once: a segment that begins meanwhile would else let one more be deleted
            // than is promised.
            long oldestKept = firstIndexKept(firstKeptIndex);
            var oldest = oldestBefore(oldestKept, queue);
            if (oldest != null) {
                bounds.keepFrom(oldestKept);
            }
            while (oldest != null) {
                disk.delete(oldest.path());
                disk.forceDirectory(directory);
                forget(oldest);
                oldest.close();
                oldest = oldestBefore(oldestKept, queue);
            }
        } finally {
            trimming.unlock();
        }
    }

    /// Where the segment begins that `firstKeptIndex` is in; the oldest, if it was trimmed already.
    private long firstIndexKept(long firstKeptIndex) {
        lock.lock();
        try {
            var kept = byFirstIndex.floorKey(firstKeptIndex);
            return kept == null ? byFirstIndex.firstKey() : kept;
        } finally {
            lock.unlock();
        }
    }

    /// The oldest segment, if all it holds lies before `firstKeptIndex`.
    private @Nullable Segment oldestBefore(long firstKeptIndex, LogQueue queue) throws IOException {
        if (queue.isClosing()) {
            throw queue.over();
        }
        lock.lock();
        try {
            Map.Entry<Long, Segment> first = byFirstIndex.firstEntry();
            var second = byFirstIndex.higherKey(first.getKey());
            return second == null || second > firstKeptIndex ? null : first.getValue();
        } finally {
            lock.unlock();
        }
    }

    private void forget(Segment segment) {
        lock.lock();
        try {
            byFirstIndex.remove(segment.firstIndex());
        } finally {
            lock.unlock();
        }
    }

    private List<Segment> all() {
        lock.lock();
        try {
            return List.copyOf(byFirstIndex.values());
        } finally {
            lock.unlock();
        }
    }

    void close() throws IOException {
        for (var segment : all()) {
            segment.close();
        }
    }
}
