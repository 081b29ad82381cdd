package dev.keepsake.log;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The newest committed entries in memory, for readers that keep up. Any thread. Bounded in bytes:
/// an entry that is larger than the bound is not kept, nor are the entries before it.
public final class RecentEntries {
    private static final int ENTRY_OVERHEAD_BYTES = 96;

    private final int maxBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<LogEntry> entries = new ArrayDeque<>();
    private long bytes;

    public RecentEntries(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /// Adds entries that directly follow those of the previous call.
    public void add(List<LogEntry> batch) {
        lock.lock();
        try {
            for (var entry : batch) {
                if (cost(entry) > maxBytes) {
                    entries.clear(); // the kept entries have no gap
                    bytes = 0;
                    continue;
                }
                entries.addLast(copyOf(entry));
                bytes += cost(entry);
            }
            while (bytes > maxBytes && !entries.isEmpty()) {
                bytes -= cost(entries.removeFirst());
            }
        } finally {
            lock.unlock();
        }
    }

    /// Entries from `fromIndex` on: as many as fit into `readMaxBytes` of payload, but at least
    /// one. Null when `fromIndex` is older than the oldest kept entry.
    public @Nullable List<LogEntry> read(long fromIndex, int readMaxBytes) {
        lock.lock();
        try {
            if (entries.isEmpty() || entries.getFirst().index() > fromIndex) {
                return null;
            }
            var found = new ArrayList<LogEntry>();
            long foundBytes = 0;
            // Readers that keep up want the last few entries, so the search begins at the newest.
            var backwards = entries.descendingIterator();
            var newest = new ArrayDeque<LogEntry>();
            while (backwards.hasNext()) {
                var entry = backwards.next();
                if (entry.index() < fromIndex) {
                    break;
                }
                newest.addFirst(entry);
            }
            for (var entry : newest) {
                foundBytes += entry.payload().remaining();
                if (!found.isEmpty() && foundBytes > readMaxBytes) {
                    break;
                }
                found.add(entry);
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    /// Copies the payload, because the caller may change its buffer once its append is answered.
    private static LogEntry copyOf(LogEntry entry) {
        var copy = ByteBuffer.allocate(entry.payload().remaining()).put(entry.payload()).flip();
        return new LogEntry(entry.index(), entry.term(), entry.kind(), entry.firstOffset(), copy);
    }

    private static long cost(LogEntry entry) {
        return (long) entry.payload().remaining() + ENTRY_OVERHEAD_BYTES;
    }
}
