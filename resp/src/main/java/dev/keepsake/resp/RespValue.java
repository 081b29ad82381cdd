package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/// One decoded reply. Only replies whose content is needed are decoded; others are passed on as
/// bytes.
public sealed interface RespValue {
    /// `+text`.
    record SimpleString(String text) implements RespValue {}

    /// `-text` or `!text`.
    record ErrorReply(String text) implements RespValue {}

    /// `:value`.
    record IntegerReply(long value) implements RespValue {}

    /// A bulk string, or a verbatim string without the three letters that name its format.
    @SuppressWarnings("ArrayRecordComponent") // made by the decoder for one reader, never compared
    record Bulk(byte[] bytes) implements RespValue {
        /// The bytes as text.
        public String utf8() {
            return new String(bytes, UTF_8);
        }

        @Override
        public String toString() {
            return "Bulk[" + bytes.length + " bytes]"; // may be a secret
        }
    }

    /// An array, set or push; a map as keys and values in turn.
    record ArrayReply(List<RespValue> items) implements RespValue {}

    /// No value.
    record NullReply() implements RespValue {}

    /// A double, boolean or big number, as it was written.
    record Scalar(String text) implements RespValue {}

    /// Decodes one complete reply at the reader index, and moves behind it.
    ///
    /// @throws CorruptReplyException when the bytes are not RESP, or the reply is incomplete
    static RespValue decode(ByteBuf in) {
        try {
            return decodeNext(in);
        } catch (IndexOutOfBoundsException _) {
            throw new CorruptReplyException("a reply ends too early");
        } catch (NumberFormatException e) {
            throw new CorruptReplyException("a reply has a malformed number: " + e.getMessage());
        }
    }

    private static RespValue decodeNext(ByteBuf in) {
        byte type = in.readByte();
        String line = line(in);
        return switch (type) {
            case '+' -> new SimpleString(line);
            case '-' -> new ErrorReply(line);
            case ':' -> new IntegerReply(Long.parseLong(line));
            case '_' -> new NullReply();
            case ',', '#', '(' -> new Scalar(line);
            case '$', '=', '!' -> bulk(in, type, Integer.parseInt(line));
            case '*', '~', '>' -> items(in, Integer.parseInt(line));
            case '%' -> items(in, 2L * Integer.parseInt(line));
            case '|' -> {
                items(in, 2L * Integer.parseInt(line));
                yield decodeNext(in);
            }
            default ->
                    throw new CorruptReplyException(
                            "a reply begins with byte %d".formatted(type & 0xff));
        };
    }

    private static String line(ByteBuf in) {
        int newline = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n');
        int length = newline - 1 - in.readerIndex();
        if (length < 0) {
            throw new CorruptReplyException("a reply's line has no end");
        }
        String line = in.readString(length, UTF_8);
        in.skipBytes(2);
        return line;
    }

    private static RespValue bulk(ByteBuf in, byte type, int length) {
        if (length < 0) {
            return new NullReply();
        }
        if (in.readableBytes() < length + 2L) {
            throw new CorruptReplyException("a string of %d bytes is cut off".formatted(length));
        }
        int formatBytes = type == '=' ? Math.min(4, length) : 0; // "txt:"
        in.skipBytes(formatBytes);
        var bytes = new byte[length - formatBytes];
        in.readBytes(bytes);
        in.skipBytes(2);
        return type == '!' ? new ErrorReply(new String(bytes, UTF_8)) : new Bulk(bytes);
    }

    private static RespValue items(ByteBuf in, long count) {
        if (count < 0) {
            return new NullReply();
        }
        var items = new ArrayList<RespValue>();
        for (long i = 0; i < count; i++) {
            items.add(decodeNext(in));
        }
        return new ArrayReply(List.copyOf(items));
    }
}
