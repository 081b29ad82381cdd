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

/// The segments of an embedded log: at least one, without gaps. Any thread.
final class Segments {
    private final Path directory;
    private final Disk disk;
    private final LogBounds bounds;
    private final ReentrantLock trimming = new ReentrantLock(); // taken before lock
    private final ReentrantLock lock = new ReentrantLock();
    private final NavigableMap<Long, Segment> byFirstIndex; // guarded by lock

    /// @param bounds records which segments are kept, before others are deleted
    /// @param found the existing segments, by the index of their first entry
    Segments(Path directory, Disk disk, LogBounds bounds, NavigableMap<Long, Segment> found) {
        this.directory = directory;
        this.disk = disk;
        this.bounds = bounds;
        this.byFirstIndex = new TreeMap<>(found);
    }

    /// The index of the oldest entry, or of the first one to come when there is none.
    long firstIndex() {
        lock.lock();
        try {
            return byFirstIndex.firstKey();
        } finally {
            lock.unlock();
        }
    }

    /// The offset of the oldest data byte, or of the first one to come when there is none.
    long firstOffset() {
        lock.lock();
        try {
            return byFirstIndex.firstEntry().getValue().before().endOffset();
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

    /// Adds a segment that follows all others.
    void add(Segment next) {
        lock.lock();
        try {
            byFirstIndex.put(next.firstIndex(), next);
        } finally {
            lock.unlock();
        }
    }

    /// The segment that holds an entry.
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

    /// The last entry that may be in `segment`; [Long#MAX_VALUE] for the newest segment.
    long lastIndexOf(Segment segment) {
        lock.lock();
        try {
            var next = byFirstIndex.higherKey(segment.firstIndex());
            return next == null ? Long.MAX_VALUE : next - 1;
        } finally {
            lock.unlock();
        }
    }

    /// The segment that holds the byte at an offset.
    Segment holdingOffset(long offset) throws TrimmedException {
        return all().reversed().stream()
                .filter(segment -> segment.before().endOffset() <= offset)
                .findFirst()
                .orElseThrow(() ->
                        new TrimmedException(
                                "offset %d of %s has been trimmed".formatted(offset, directory)));
    }

    /// Deletes every segment that lies before an entry as a whole. May block.
    ///
    /// @param queue tells whether the log has been closed meanwhile
    void trim(long firstKeptIndex, LogQueue queue) throws IOException {
        // The oldest segment is always deleted first, because a gap between segments counts as
        // damage when the log is opened. And the bounds record that segments may be missing before
        // any of them is deleted.
        trimming.lock();
        try {
            // Computed once: with a segment that begins meanwhile, the loop could delete one more
            // than the bounds allow.
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

    /// The first index of the segment that holds `firstKeptIndex`; that of the oldest segment if
    /// `firstKeptIndex` was trimmed already.
    private long firstIndexKept(long firstKeptIndex) {
        lock.lock();
        try {
            var kept = byFirstIndex.floorKey(firstKeptIndex);
            return kept == null ? byFirstIndex.firstKey() : kept;
        } finally {
            lock.unlock();
        }
    }

    /// The oldest segment if it lies before `firstKeptIndex` as a whole, else null.
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
