package dev.keepsake.front;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/// Counts how many bytes of large replies are kept or on their way to clients, and stops lanes
/// meanwhile. Owned by the node's event loop; no I/O.
final class LargeReplies {
    private static final int STALLED_WATCHES = 50;

    private final long maxBytes;
    private final BooleanSupplier isMemoryOver;
    private final LongConsumer onKept;
    private final Set<LaneChannel> stopped = new HashSet<>();
    private long bytes;
    private long keptBytes;
    private int watchesWithoutProgress;

    /// @param maxBytes what clients may leave unsent together; beyond half of it, lanes that pass a
    ///   large reply on are not read until only a quarter is left
    /// @param isMemoryOver whether clients use too much memory for another reason
    /// @param onKept called with the number of bytes that begin to wait for the log
    LargeReplies(long maxBytes, BooleanSupplier isMemoryOver, LongConsumer onKept) {
        this.maxBytes = maxBytes;
        this.isMemoryOver = isMemoryOver;
        this.onKept = onKept;
    }

    /// So many more bytes of large replies are kept or on their way to clients; a negative number
    /// when they are gone.
    void count(long more) {
        bytes += more;
        if (more < 0) {
            watchesWithoutProgress = 0;
            if (hasRoom()) {
                readOn();
            }
        }
    }

    /// So many more bytes of a large reply wait for the log.
    void keep(long more) {
        count(more);
        keptBytes += more;
        onKept.accept(more);
    }

    /// So many bytes wait no longer.
    void keepNoLonger(long less) {
        count(-less);
        keptBytes -= less;
    }

    /// How many bytes wait for the log.
    long keptBytes() {
        return keptBytes;
    }

    private boolean hasRoom() {
        return bytes <= maxBytes / 4;
    }

    /// Whether a lane continues to read a large reply. It always does for a reply that is kept,
    /// because nothing becomes free before that reply is complete.
    ///
    /// @param passes whether the reply is on its way to its client
    boolean wantsMore(LaneChannel lane, boolean passes) {
        boolean stops = passes && (bytes > maxBytes / 2 || isMemoryOver.getAsBoolean());
        if (stops) {
            stopped.add(lane);
        }
        return !stops;
    }

    /// Lets lanes continue if there is room for what they read.
    void readOnIfRoom() {
        if (hasRoom() && !isMemoryOver.getAsBoolean()) {
            readOn();
        }
    }

    private void readOn() {
        if (!stopped.isEmpty()) {
            var waiting = List.copyOf(stopped);
            stopped.clear();
            waiting.forEach(LaneChannel::readOn);
        }
    }

    /// Lanes that are stopped keep other clients waiting. When no client has read anything for a
    /// while, the clients with most unread bytes are to be closed. To be called regularly.
    ///
    /// @return how many bytes have to be given up so that the lanes are read again, or 0
    long stalledBytes() {
        if (stopped.isEmpty() || ++watchesWithoutProgress < STALLED_WATCHES) {
            return 0;
        }
        watchesWithoutProgress = 0;
        return Math.max(0, bytes - maxBytes / 4);
    }

    /// The lanes have been closed.
    void forgetLanes() {
        stopped.clear();
    }
}
