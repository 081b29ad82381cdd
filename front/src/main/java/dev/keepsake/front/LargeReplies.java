package dev.keepsake.front;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/// How much of large replies is kept or on its way to clients, and which lanes are not read from
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

    /// @param maxBytes what clients may leave unsent together; beyond half of it no lane is read
    ///   from that passes a large reply on, until there is a quarter
    /// @param isMemoryOver whether clients hold too much for another reason
    /// @param onKept told how much more waits for the log
    LargeReplies(long maxBytes, BooleanSupplier isMemoryOver, LongConsumer onKept) {
        this.maxBytes = maxBytes;
        this.isMemoryOver = isMemoryOver;
        this.onKept = onKept;
    }

    /// Bytes of large replies are kept or on their way to clients, or, when negative, no longer.
    void count(long more) {
        bytes += more;
        if (more < 0) {
            watchesWithoutProgress = 0;
            if (hasRoom()) {
                readOn();
            }
        }
    }

    /// Bytes of a large reply wait for the log from now on.
    void keep(long more) {
        count(more);
        keptBytes += more;
        onKept.accept(more);
    }

    /// They wait no longer.
    void keepNoLonger(long less) {
        count(-less);
        keptBytes -= less;
    }

    /// How much waits for the log.
    long keptBytes() {
        return keptBytes;
    }

    private boolean hasRoom() {
        return bytes <= maxBytes / 4;
    }

    /// Whether a lane is to read on in a large reply. One that is kept is: it frees nothing before
    /// it is whole.
    ///
    /// @param passes whether the reply is on its way to its client
    boolean wantsMore(LaneChannel lane, boolean passes) {
        boolean stops = passes && (bytes > maxBytes / 2 || isMemoryOver.getAsBoolean());
        if (stops) {
            stopped.add(lane);
        }
        return !stops;
    }

    /// Lets lanes read on if there is room for what they bring.
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

    /// Lanes that are stopped keep others waiting. When nobody has read anything for a while, those
    /// who have left most are to be closed. To be asked regularly.
    ///
    /// @return how many bytes have to be given up so that the lanes are read from again, or 0
    long stalledBytes() {
        if (stopped.isEmpty() || ++watchesWithoutProgress < STALLED_WATCHES) {
            return 0;
        }
        watchesWithoutProgress = 0;
        return Math.max(0, bytes - maxBytes / 4);
    }

    /// The lanes are gone.
    void forgetLanes() {
        stopped.clear();
    }
}
