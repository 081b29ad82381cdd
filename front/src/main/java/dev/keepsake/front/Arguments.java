package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.CommandFrame;
import io.netty.buffer.ByteBuf;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a client has said to the front itself, in bytes and as text. A copy, which outlives the
/// command's frame.
final class Arguments {
    private static final int OBJECTS_BYTES = 72;

    private final byte[][] bytes;
    private final @Nullable String[] decoded;

    private Arguments(byte[][] bytes) {
        this.bytes = bytes;
        this.decoded = new String[bytes.length];
    }

    static Arguments of(ByteBuf in, int base, CommandFrame frame) {
        var bytes = new byte[frame.argumentCount()][];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = new byte[frame.length(i)];
            in.getBytes(base + frame.start(i), bytes[i]);
        }
        return new Arguments(bytes);
    }

    /// As they came. Keys and passwords need not be text.
    byte[] bytes(int index) {
        return bytes[index];
    }

    /// How many there are, the command's name included.
    int count() {
        return bytes.length;
    }

    /// How much they take of the heap, about: bytes and text, and an object for each.
    static long heapBytes(CommandFrame frame) {
        long sum = 0;
        for (int i = 0; i < frame.argumentCount(); i++) {
            sum += OBJECTS_BYTES + 2L * frame.length(i);
        }
        return sum;
    }

    /// All of them as they came.
    byte[][] all() {
        return bytes.clone();
    }

    /// The same command with another word in one place.
    byte[][] with(int index, String text) {
        var copy = bytes.clone();
        copy[index] = text.getBytes(UTF_8);
        return copy;
    }

    /// One of them as text, the command's name in lower case. Made when it is asked for: a long one
    /// takes as much again.
    String text(int index) {
        var known = decoded[index];
        if (known == null) {
            var text = new String(bytes[index], UTF_8);
            known = index == 0 ? text.toLowerCase(Locale.ROOT) : text;
            decoded[index] = known;
        }
        return known;
    }

    /// All of them as text, the command's name in lower case.
    String[] texts() {
        var texts = new String[bytes.length];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = text(i);
        }
        return texts;
    }

    /// A number as Redis reads it, or null when it is none.
    static @Nullable Long number(String text) {
        try {
            var number = Long.valueOf(text);
            return number.toString().equals(text) ? number : null; // neither 00 nor +1
        } catch (NumberFormatException _) {
            return null;
        }
    }
}
