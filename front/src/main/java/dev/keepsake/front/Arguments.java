package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.CommandFrame;
import io.netty.buffer.ByteBuf;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The arguments of a command that the front answers itself, in bytes and as text. A copy, which
/// remains valid after the command's frame.
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

    /// One argument as the client sent it. Keys and passwords need not be text.
    byte[] bytes(int index) {
        return bytes[index];
    }

    /// The number of arguments, the command's name included.
    int count() {
        return bytes.length;
    }

    /// About how much heap the copy of a command takes: bytes and text, and an object for each
    /// argument.
    static long heapBytes(CommandFrame frame) {
        long sum = 0;
        for (int i = 0; i < frame.argumentCount(); i++) {
            sum += OBJECTS_BYTES + 2L * frame.length(i);
        }
        return sum;
    }

    /// All arguments as the client sent them.
    byte[][] all() {
        return bytes.clone();
    }

    /// The same command with another word in one place.
    byte[][] with(int index, String text) {
        var copy = bytes.clone();
        copy[index] = text.getBytes(UTF_8);
        return copy;
    }

    /// One argument as text; the command's name in lower case. The text is made on each call,
    /// because that of a long argument takes as much memory again.
    String text(int index) {
        var known = decoded[index];
        if (known == null) {
            var text = new String(bytes[index], UTF_8);
            known = index == 0 ? text.toLowerCase(Locale.ROOT) : text;
            decoded[index] = known;
        }
        return known;
    }

    /// All arguments as text, the command's name in lower case.
    String[] texts() {
        var texts = new String[bytes.length];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = text(i);
        }
        return texts;
    }

    /// A number as Redis reads it, or null when the text is not a number.
    static @Nullable Long number(String text) {
        try {
            var number = Long.valueOf(text);
            return number.toString().equals(text) ? number : null; // neither 00 nor +1
        } catch (NumberFormatException _) {
            return null;
        }
    }
}
