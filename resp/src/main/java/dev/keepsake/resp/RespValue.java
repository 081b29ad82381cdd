package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/// One decoded reply. For answers that are looked into; what is only passed on stays bytes.
public sealed interface RespValue {
    /// `+text`.
    record SimpleString(String text) implements RespValue {}

    /// `-text` or `!text`.
    record ErrorReply(String text) implements RespValue {}

    /// `:value`.
    record IntegerReply(long value) implements RespValue {}

    /// A bulk or verbatim string.
    @SuppressWarnings(
            "ArrayRecordComponent") // made by the decoder for one reader, compared by nobody
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
    /// @throws CorruptReplyException when the bytes are no RESP
    static RespValue decode(ByteBuf in) {
        byte type = in.readByte();
        int newline = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n');
        if (newline < 0) {
            throw new CorruptReplyException("a reply ends within a line");
        }
        String line = in.readString(newline - 1 - in.readerIndex(), UTF_8);
        in.skipBytes(2);
        return switch (type) {
            case '+' -> new SimpleString(line);
            case '-' -> new ErrorReply(line);
            case ':' -> new IntegerReply(Long.parseLong(line));
            case '_' -> new NullReply();
            case ',', '#', '(' -> new Scalar(line);
            case '$', '=', '!' -> bulk(in, type, Integer.parseInt(line));
            case '*', '~', '>' -> items(in, Integer.parseInt(line));
            case '%' -> items(in, 2 * Integer.parseInt(line));
            case '|' -> {
                items(in, 2 * Integer.parseInt(line));
                yield decode(in);
            }
            default ->
                    throw new CorruptReplyException(
                            "a reply begins with byte %d".formatted(type & 0xff));
        };
    }

    private static RespValue bulk(ByteBuf in, byte type, int length) {
        if (length < 0) {
            return new NullReply();
        }
        var bytes = new byte[length];
        in.readBytes(bytes);
        in.skipBytes(2);
        return type == '!' ? new ErrorReply(new String(bytes, UTF_8)) : new Bulk(bytes);
    }

    private static RespValue items(ByteBuf in, int count) {
        if (count < 0) {
            return new NullReply();
        }
        var items = new ArrayList<RespValue>();
        for (int i = 0; i < count; i++) {
            items.add(decode(in));
        }
        return new ArrayReply(List.copyOf(items));
    }
}
