package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/// Writes RESP into a buffer. The parameter `protocol` is 2 or 3, for values that differ between
/// the versions.
public final class RespWriter {
    private RespWriter() {}

    /// Writes `+text`.
    public static void simpleString(ByteBuf out, String text) {
        line(out, '+', text);
    }

    /// Writes `-text`. The text begins with its code, such as `ERR`. Line breaks become spaces, as
    /// in Redis, because the text may quote a client and must stay one reply.
    public static void error(ByteBuf out, String text) {
        line(out, '-', text.replace('\r', ' ').replace('\n', ' '));
    }

    /// Writes an integer.
    public static void integer(ByteBuf out, long value) {
        line(out, ':', Long.toString(value));
    }

    /// Writes a bulk string of bytes.
    public static void bulk(ByteBuf out, byte[] bytes) {
        line(out, '$', Integer.toString(bytes.length));
        out.writeBytes(bytes).writeByte('\r').writeByte('\n');
    }

    /// Writes a bulk string of text.
    public static void bulk(ByteBuf out, String text) {
        line(out, '$', Integer.toString(ByteBufUtil.utf8Bytes(text)));
        out.writeCharSequence(text, UTF_8);
        out.writeByte('\r').writeByte('\n');
    }

    /// Writes a number with a fraction: a double in RESP3, a bulk string in RESP2.
    ///
    /// @param text the number as it is written
    public static void number(ByteBuf out, String text, int protocol) {
        if (protocol == 3) {
            line(out, ',', text);
        } else {
            bulk(out, text);
        }
    }

    /// Writes text for people: a verbatim string in RESP3, a bulk string in RESP2.
    public static void verbatim(ByteBuf out, String text, int protocol) {
        if (protocol == 2) {
            bulk(out, text);
        } else {
            line(out, '=', Integer.toString("txt:".length() + ByteBufUtil.utf8Bytes(text)));
            out.writeCharSequence("txt:" + text, UTF_8);
            out.writeByte('\r').writeByte('\n');
        }
    }

    /// Writes a null value.
    public static void nullBulk(ByteBuf out, int protocol) {
        if (protocol == 2) {
            line(out, '$', "-1");
        } else {
            line(out, '_', "");
        }
    }

    /// Writes a null array, as EXEC does when a watched key has changed.
    public static void nullArray(ByteBuf out, int protocol) {
        if (protocol == 2) {
            line(out, '*', "-1");
        } else {
            line(out, '_', "");
        }
    }

    /// Begins an array of `size` values.
    public static void array(ByteBuf out, int size) {
        line(out, '*', Integer.toString(size));
    }

    /// Begins a set of `size` values. In RESP2 it is an array.
    public static void set(ByteBuf out, int size, int protocol) {
        line(out, protocol == 2 ? '*' : '~', Integer.toString(size));
    }

    /// Begins a push of `size` values, which is not the reply to a command. RESP2 has no pushes.
    public static void push(ByteBuf out, int size) {
        line(out, '>', Integer.toString(size));
    }

    /// Begins a map of `pairs` keys and values. In RESP2 it is an array of twice as many values.
    public static void map(ByteBuf out, int pairs, int protocol) {
        if (protocol == 2) {
            array(out, 2 * pairs);
        } else {
            line(out, '%', Integer.toString(pairs));
        }
    }

    /// Writes a command with arguments of bytes.
    public static void command(ByteBuf out, byte[]... arguments) {
        array(out, arguments.length);
        for (var argument : arguments) {
            bulk(out, argument);
        }
    }

    /// Writes a command with arguments of text.
    public static void command(ByteBuf out, String... arguments) {
        array(out, arguments.length);
        for (var argument : arguments) {
            bulk(out, argument);
        }
    }

    /// Writes a decoded value so that decoding gives an equal one. Values that RESP2 has are
    /// written in RESP2, scalars and null in RESP3.
    public static void value(ByteBuf out, RespValue value) {
        switch (value) {
            case RespValue.SimpleString(var text) -> simpleString(out, text);
            case RespValue.ErrorReply(var text) -> error(out, text);
            case RespValue.IntegerReply(long number) -> integer(out, number);
            case RespValue.Bulk(byte[] bytes) -> bulk(out, bytes);
            case RespValue.NullReply() -> nullBulk(out, 3);
            case RespValue.Scalar(var text) -> number(out, text, 3);
            case RespValue.ArrayReply(var items) -> {
                array(out, items.size());
                items.forEach(item -> value(out, item));
            }
        }
    }

    private static void line(ByteBuf out, char type, String text) {
        out.writeByte(type);
        out.writeCharSequence(text, UTF_8);
        out.writeByte('\r').writeByte('\n');
    }
}
