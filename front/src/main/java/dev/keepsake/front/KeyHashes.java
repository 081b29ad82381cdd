package dev.keepsake.front;

import dev.keepsake.shard.Durability;

/// The hashes of all keys of a command that names several.
final class KeyHashes {
    private final long[] hashes;

    /// @param hashes from now on owned by this object
    KeyHashes(long[] hashes) {
        this.hashes = hashes;
    }

    /// Whether everything that the engine may have done to these keys is durable.
    boolean areClean(Durability<?> durability) {
        for (long hash : hashes) {
            if (!durability.isClean(hash)) {
                return false;
            }
        }
        return true;
    }
}
