package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;

/// Finds the end of replies in what an engine sends, RESP2 and RESP3, without copying. One per
/// connection, used by one thread. What has been seen is never looked at again, whatever the
/// splits.
///
/// An attribute (`|`) belongs to the reply that follows it.
///
/// A reply that is too large to be gathered can be taken as it arrives: see [#taken].
public final class ReplyFramer {
    private static final int DIGITS_MAX = 10; // of 2^31 - 1, more than any buffer can hold

    private long at; // the next byte to look at, which may have yet to arrive
    private long searchedTo;
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
            int line = base + (int) at;
            int searchFrom = base + (int) Math.max(at, searchedTo);
            int newline = in.indexOf(searchFrom, base + end, (byte) '\n');
            if (newline < 0) {
                searchedTo = end;
                return -1;
            }
            long next = newline + 1L - base;
            byte type = in.getByte(line);
            switch (type) {
                case '+', '-', ':', '_', ',', '#', '(' -> valuesMissing--;
                case '$', '=', '!' -> {
                    long bytes = number(in, line + 1, newline - 1);
                    next += bytes < 0 ? 0 : bytes + 2;
                    valuesMissing--;
                }
                case '*', '~', '>' -> valuesMissing += items(in, line, newline) - 1;
                case '%' -> valuesMissing += 2 * items(in, line, newline) - 1;
                case '|' -> valuesMissing += 2 * items(in, line, newline);
                default ->
                        throw new CorruptReplyException(
                                "a reply begins with byte %d".formatted(type & 0xff));
            }
            at = next;
            searchedTo = next;
        }
        if (at > end) {
            return -1;
        }
        int length = (int) at;
        at = 0;
        searchedTo = 0;
        valuesMissing = 1;
        return length;
    }

    /// How far the reply that is incomplete reaches at least, in bytes from where it begins.
    public long announcedBytes() {
        return at;
    }

    /// The first bytes of the reply that is incomplete have been taken out of the buffer, so that
    /// it seems to begin behind them.
    ///
    /// @param bytes no more than [#announcedBytes]
    public void taken(int bytes) {
        at -= bytes;
        searchedTo = Math.max(0, searchedTo - bytes);
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

    /// How many values an aggregate announces; none when it is null.
    private static long items(ByteBuf in, int line, int newline) {
        return Math.max(0, number(in, line + 1, newline - 1));
    }

    private static long number(ByteBuf in, int from, int to) {
        boolean negative = from < to && in.getByte(from) == '-';
        int first = negative ? from + 1 : from;
        if (to <= first || to - first > DIGITS_MAX) {
            throw new CorruptReplyException("a length has %d digits".formatted(to - first));
        }
        long number = 0;
        for (int i = first; i < to; i++) {
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
