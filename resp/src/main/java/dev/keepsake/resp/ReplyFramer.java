package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;

/// Finds the end of replies in what an engine sends, RESP2 and RESP3, without copying. One per
/// connection, used by one thread. What has been seen is never looked at again, whatever the
/// splits.
///
/// An attribute (`|`) belongs to the reply that follows it.
public final class ReplyFramer {
    private int at;
    private int searchedTo;
    private long valuesMissing = 1;

    /// Looks for one reply that begins at the reader index, which does not move.
    ///
    /// @return its length in bytes, or -1 when not all of it is there yet
    /// @throws CorruptReplyException when the bytes are no RESP
    public int parse(ByteBuf in) {
        int base = in.readerIndex();
        int end = in.readableBytes();
        while (valuesMissing > 0) {
            if (at >= end) {
                return -1;
            }
            int newline =
                    in.indexOf(base + Math.max(at, searchedTo), base + end, (byte) '\n') - base;
            if (newline < 0) {
                searchedTo = end;
                return -1;
            }
            int next = newline + 1;
            byte type = in.getByte(base + at);
            switch (type) {
                case '+', '-', ':', '_', ',', '#', '(' -> valuesMissing--;
                case '$', '=', '!' -> {
                    long bytes = number(in, base + at + 1, base + newline - 1);
                    if (bytes >= 0) {
                        if (end - next < bytes + 2) {
                            searchedTo = newline;
                            return -1;
                        }
                        next += Math.toIntExact(bytes + 2);
                    }
                    valuesMissing--;
                }
                case '*', '~', '>' ->
                        valuesMissing +=
                                Math.max(0, number(in, base + at + 1, base + newline - 1)) - 1;
                case '%' ->
                        valuesMissing +=
                                2 * Math.max(0, number(in, base + at + 1, base + newline - 1)) - 1;
                case '|' -> valuesMissing += 2 * number(in, base + at + 1, base + newline - 1);
                default ->
                        throw new CorruptReplyException(
                                "a reply begins with byte %d".formatted(type & 0xff));
            }
            at = next;
            searchedTo = next;
        }
        int length = at;
        at = 0;
        searchedTo = 0;
        valuesMissing = 1;
        return length;
    }

    /// Whether the frame at `index` is a push, which answers no command.
    public static boolean isPush(ByteBuf in, int index) {
        return in.getByte(index) == '>';
    }

    /// Whether the frame at `index` is an error.
    public static boolean isError(ByteBuf in, int index) {
        byte type = in.getByte(index);
        return type == '-' || type == '!';
    }

    private static long number(ByteBuf in, int from, int to) {
        boolean negative = from < to && in.getByte(from) == '-';
        long number = 0;
        for (int i = negative ? from + 1 : from; i < to; i++) {
            int digit = in.getByte(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new CorruptReplyException(
                        "a length contains byte %d".formatted(in.getByte(i) & 0xff));
            }
            number = 10 * number + digit;
        }
        return negative ? -number : number;
    }
}
