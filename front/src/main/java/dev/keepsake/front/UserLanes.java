package dev.keepsake.front;

import java.util.ArrayDeque;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The lanes that the commands of one user use. Owned by the node's event loop.
final class UserLanes {
    private static final int IDLE_OWN_MAX = 64;

    private final @Nullable SharedLane[] shared = new SharedLane[2]; // of RESP2 and of RESP3
    private final ArrayDeque<OwnLane> idleOwn = new ArrayDeque<>();

    @Nullable SharedLane shared(int protocol) {
        return shared[protocol - 2];
    }

    void share(int protocol, SharedLane lane) {
        shared[protocol - 2] = lane;
    }

    Stream<SharedLane> allShared() {
        return Stream.of(shared).flatMap(Stream::ofNullable);
    }

    /// A lane that is not lent at present, or null.
    @Nullable OwnLane takeIdle(int protocol) {
        for (var idle = idleOwn.iterator(); idle.hasNext(); ) {
            var lane = idle.next();
            if (!lane.isConnected()) {
                idle.remove();
            } else if (lane.protocol() == protocol && lane.isQuiet()) {
                idle.remove();
                return lane;
            }
        }
        return null;
    }

    /// Whether [#takeIdle] would find one.
    boolean hasIdle(int protocol) {
        return idleOwn.stream()
                .anyMatch(lane ->
                        lane.isConnected() && lane.protocol() == protocol && lane.isQuiet());
    }

    /// Keeps a lane for the next client.
    ///
    /// @return false when enough lanes are idle
    boolean giveBack(OwnLane lane) {
        if (idleOwn.size() == IDLE_OWN_MAX) {
            return false;
        }
        idleOwn.addLast(lane);
        return true;
    }

    /// Closes the lanes as soon as the engine owes nothing on them. They are not used any more.
    void retire() {
        allShared().forEach(SharedLane::retire);
        closeIdle();
    }

    /// Drops everything at once.
    void abandon() {
        allShared().forEach(SharedLane::abandon);
        closeIdle();
    }

    private void closeIdle() {
        idleOwn.forEach(OwnLane::close);
        idleOwn.clear();
    }
}
