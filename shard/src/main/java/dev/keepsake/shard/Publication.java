package dev.keepsake.shard;

import java.util.Arrays;

/// A message that was published to a channel. Two publications are equal if their bytes are.
/// Immutable: the arrays must not be changed.
public final class Publication {
    private final byte[] channel;
    private final byte[] message;

    public Publication(byte[] channel, byte[] message) {
        this.channel = channel;
        this.message = message;
    }

    /// The channel. Not a copy.
    public byte[] channel() {
        return channel;
    }

    /// The message. Not a copy.
    public byte[] message() {
        return message;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Publication that
                && Arrays.equals(channel, that.channel)
                && Arrays.equals(message, that.message);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(channel) + Arrays.hashCode(message);
    }

    @Override
    public String toString() {
        return "Publication[%d bytes]".formatted(message.length);
    }
}
