package dev.keepsake.front;

/// The hashes of all keys of a command that names several.
final class KeyHashes {
    private final long[] hashes;

    /// @param hashes this one's from now on
    KeyHashes(long[] hashes) {
        this.hashes = hashes;
    }

    /// Whether all that the engine may have done to any of the keys is durable.
    boolean areClean(NodeFront front) {
        for (long hash : hashes) {
            if (!front.isClean(hash)) {
                return false;
            }
        }
        return true;
    }
}
