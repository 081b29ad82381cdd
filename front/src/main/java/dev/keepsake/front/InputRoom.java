package dev.keepsake.front;

/// The room that a node counts for one client's incomplete command. A client that needs more room
/// than there is waits, and its socket is not read. Owned by the node's event loop; no I/O.
final class InputRoom {
    private final MemoryWatch memory;
    private final MemoryWatch.Holder client;
    private final Runnable onFreed;
    private long bytes;
    private long sinceNs;
    private boolean starved;

    /// @param client the client that waits for room
    /// @param onFreed called when there may be room for other clients
    InputRoom(MemoryWatch memory, MemoryWatch.Holder client, Runnable onFreed) {
        this.memory = memory;
        this.client = client;
        this.onFreed = onFreed;
    }

    /// Counts this need, or lets the client wait for the room. What has arrived already is counted
    /// in any case.
    ///
    /// @param thereBytes what has been received
    /// @param neededBytes what the whole command takes, as far as that is known
    void update(long thereBytes, long neededBytes, long nowNs) {
        if (bytes == 0) {
            sinceNs = nowNs;
        }
        starved = !memory.resize(client, bytes, neededBytes);
        if (!starved) {
            boolean less = neededBytes < bytes;
            bytes = neededBytes;
            if (less) {
                onFreed.run();
            }
        } else if (thereBytes > bytes) {
            memory.count(thereBytes - bytes);
            bytes = thereBytes;
        }
    }

    /// Whether the count for a command that needs so much is right already.
    boolean isRight(long neededBytes) {
        return neededBytes == bytes && !starved;
    }

    /// Whether the client waits for room.
    boolean isStarved() {
        return starved;
    }

    /// The bytes that are counted.
    long bytes() {
        return bytes;
    }

    /// Whether the command began so long ago.
    boolean isHeldFor(long ns, long nowNs) {
        return nowNs - sinceNs >= ns;
    }
}
