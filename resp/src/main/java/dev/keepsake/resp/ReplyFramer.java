package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;

/// Finds the end of replies in an engine's output, RESP2 and RESP3, without copying. One for each
/// connection, used by one thread. No byte is examined twice, wherever the reads divide a reply.
///
/// An attribute (`|`) belongs to the reply that follows it.
///
/// A reply that is too large to be gathered can be taken out while it arrives; see [#taken].
public final class ReplyFramer {
    private static final int DIGITS_MAX = 10; // of 2^31 - 1, the limit of any buffer

    private long at; // the next byte to examine, which may not have arrived yet
    private long searchedTo;
    private long valuesMissing = 1;

    /// Looks for one reply at the reader index, which does not move.
    ///
    /// @return its length in bytes, or -1 when it has not arrived completely
    /// @throws CorruptReplyException when the bytes are not RESP
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

    /// The minimum length of the incomplete reply, in bytes.
    public long announcedBytes() {
        return at;
    }

    /// Reports that the first bytes of the incomplete reply have been taken out of the buffer. The
    /// buffer then begins behind them.
    ///
    /// @param bytes no more than [#announcedBytes]
    public void taken(int bytes) {
        at -= bytes;
        searchedTo = Math.max(0, searchedTo - bytes);
    }

    /// Whether the frame at `index` is a push, which is not the reply to a command.
    public static boolean isPush(ByteBuf in, int index) {
        return in.getByte(index) == '>';
    }

    /// Whether the frame at `index` is an error.
    public static boolean isError(ByteBuf in, int index) {
        byte type = in.getByte(index);
        return type == '-' || type == '!';
    }

    /// The number of values that an aggregate announces; 0 for null.
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
