package dev.keepsake.front;

/// The room that a node counts for what one client has sent of a command that is not complete. A
/// client that needs more than there is waits, and is not read from. Owned by the node's event
/// loop; no I/O.
final class InputRoom {
    private final MemoryWatch memory;
    private final MemoryWatch.Holder client;
    private final Runnable onFreed;
    private long bytes;
    private long sinceNs;
    private boolean starved;

    /// @param client who waits for room
    /// @param onFreed called when others may have room
    InputRoom(MemoryWatch memory, MemoryWatch.Holder client, Runnable onFreed) {
        this.memory = memory;
        this.client = client;
        this.onFreed = onFreed;
    }

    /// Has so much counted, or waits for the room. What is there already is counted in any case.
    ///
    /// @param thereBytes what has been received
    /// @param neededBytes what the whole command takes, as far as it is known
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

    /// Whether nothing is to be done for a command that needs so much.
    boolean isRight(long neededBytes) {
        return neededBytes == bytes && !starved;
    }

    /// Whether the client waits for room.
    boolean isStarved() {
        return starved;
    }

    /// What is counted.
    long bytes() {
        return bytes;
    }

    /// Whether the command has begun so long ago.
    boolean isHeldFor(long ns, long nowNs) {
        return nowNs - sinceNs >= ns;
    }
}
