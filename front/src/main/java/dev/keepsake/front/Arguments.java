package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.CommandFrame;
import io.netty.buffer.ByteBuf;
import java.util.Locale;

/// What a client has said to the front itself, in bytes and as text. A copy, which outlives the
/// command's frame.
final class Arguments {
    private final byte[][] bytes;
    private final String[] texts;

    private Arguments(byte[][] bytes, String[] texts) {
        this.bytes = bytes;
        this.texts = texts;
    }

    static Arguments of(ByteBuf in, int base, CommandFrame frame) {
        var bytes = new byte[frame.argumentCount()][];
        var texts = new String[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = new byte[frame.length(i)];
            in.getBytes(base + frame.start(i), bytes[i]);
            texts[i] = new String(bytes[i], UTF_8);
        }
        texts[0] = texts[0].toLowerCase(Locale.ROOT);
        return new Arguments(bytes, texts);
    }

    /// As they came. Keys and passwords need not be text.
    byte[] bytes(int index) {
        return bytes[index];
    }

    /// How many there are, the command's name included.
    int count() {
        return bytes.length;
    }

    /// The same command with another word in one place.
    byte[][] with(int index, String text) {
        var copy = bytes.clone();
        copy[index] = text.getBytes(UTF_8);
        return copy;
    }

    /// All of them as text, the command's name in lower case.
    String[] texts() {
        return texts;
    }
}
