package dev.keepsake.front;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// How much of large replies is kept or on its way to clients, and which lanes are not read from
/// meanwhile. Owned by the node's event loop; no I/O.
final class LargeReplies {
    private static final int STALLED_WATCHES = 50;

    private final long maxBytes;
    private final BooleanSupplier isMemoryOver;
    private final Set<LaneChannel> stopped = new HashSet<>();
    private long bytes;
    private long keptBytes;
    private int watchesWithoutProgress;

    /// @param maxBytes what clients may leave unsent together; beyond half of it no lane is read
    ///   from that passes a large reply on, until there is a quarter
    /// @param isMemoryOver whether clients hold too much for another reason
    LargeReplies(long maxBytes, BooleanSupplier isMemoryOver) {
        this.maxBytes = maxBytes;
        this.isMemoryOver = isMemoryOver;
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

    /// Bytes of large replies wait for the log, or, when negative, no longer. They are counted by
    /// [#count] too.
    void countKept(long more) {
        keptBytes += more;
    }

    long keptBytes() {
        return keptBytes;
    }

    private boolean hasRoom() {
        return bytes <= maxBytes / 4;
    }

    /// Whether a lane is to read on in a large reply. One that is kept is: it frees nothing before
    /// it is whole.
    boolean wantsMore(LaneChannel lane, @Nullable LargeReply reply) {
        boolean stops =
                reply != null
                        && reply.passes()
                        && (bytes > maxBytes / 2 || isMemoryOver.getAsBoolean());
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
