package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds commands in the bytes of one connection, without copying them. One for each connection,
/// used by one thread.
///
/// All positions count from the first byte of the command, so the buffer may be compacted or moved
/// between two calls. No byte is examined twice, wherever the reads divide the command.
///
/// Texts and limits as in Redis 7.0, `networking.c`, `processMultibulkBuffer` and
/// `processInlineBuffer`.
public final class CommandFramer {
    /// The result of [#parse].
    public enum Parsed {
        /// The command has not arrived completely.
        INCOMPLETE,
        /// A command; see [#frame].
        COMMAND,
        /// The beginning of a command that is longer than the bound for gathering; see [#frame].
        /// Either [#gather] it, or continue with a [CommandStream].
        LARGE,
        /// A command in the form of a line; see [#inlineArguments].
        INLINE,
        /// An empty line or an empty array. Skip it; it gets no answer.
        EMPTY
    }

    private static final int MISSING = Integer.MIN_VALUE;
    private static final int DIGITS_MAX = 18; // more digits may not fit into a long
    private static final int LOGIN_ARGUMENTS_MAX = 10;
    private static final int LOGIN_BULK_BYTES_MAX = 16_384;

    private final ProtocolLimits limits;
    private final int gatheredMaxBytes;
    private final CommandFrame frame = new CommandFrame();
    private List<byte[]> inlineArguments = List.of();
    private boolean authenticated = true;

    private int at; // the next byte to examine
    private int searchedTo; // where the search for a line end stopped
    private int argumentsExpected = -1;
    private int bulkBytes = -1;
    private int lengthBytes;
    private boolean found;
    private boolean gathering;

    public CommandFramer(ProtocolLimits limits) {
        this(limits, Integer.MAX_VALUE);
    }

    /// @param gatheredMaxBytes longer commands are found as [Parsed#LARGE]
    public CommandFramer(ProtocolLimits limits, int gatheredMaxBytes) {
        this.limits = limits;
        this.gatheredMaxBytes = gatheredMaxBytes;
    }

    /// Decides to wait for all bytes of the command that was found as [Parsed#LARGE].
    public void gather() {
        gathering = true;
    }

    /// Forgets the command that was found as [Parsed#LARGE]. Another reader continues.
    public void leave() {
        restart();
    }

    /// The minimum length of the incomplete command, as far as the peer has announced it.
    public long announcedBytes() {
        if (found) {
            return 0;
        }
        return bulkBytes < 0 ? at : (long) at + bulkBytes + 2;
    }

    /// How many bytes of the incomplete command have to be gathered, as far as the peer has
    /// announced them.
    public long neededBytes() {
        long announced = announcedBytes();
        return gathering ? announced : Math.min(announced, gatheredMaxBytes);
    }

    /// Whether a command that was found as [Parsed#LARGE] is being gathered.
    public boolean isGathering() {
        return gathering && !found;
    }

    /// The length of the argument after those in [#frame], as far as the peer has announced it.
    ///
    /// @return -1 while it is not known
    public int announcedArgumentBytes() {
        return bulkBytes;
    }

    /// Sets whether the peer has logged in. Before, it may send no more than a login needs.
    public void authenticated(boolean loggedIn) {
        authenticated = loggedIn;
    }

    /// The last command. Valid after [Parsed#COMMAND], and after [Parsed#LARGE] as far as the
    /// command is known, until the next [#parse].
    public CommandFrame frame() {
        return frame;
    }

    /// The arguments of the last line, without quotes.
    public List<byte[]> inlineArguments() {
        return inlineArguments;
    }

    /// The length of the last result, in bytes. Skip them before the next [#parse].
    public int lengthBytes() {
        return lengthBytes;
    }

    /// Looks for one command at the reader index, which does not move.
    public Parsed parse(ByteBuf in) throws ProtocolException {
        if (found) {
            restart();
        }
        int base = in.readerIndex();
        if (argumentsExpected < 0) {
            if (!in.isReadable()) {
                return Parsed.INCOMPLETE;
            }
            if (in.getByte(base) != '*') {
                return parseInline(in, base);
            }
            int count = lineNumber(in, base, 1, limits.maxArguments(), "invalid multibulk length");
            if (count == MISSING) {
                return missingLine(in, "too big mbulk count string");
            }
            if (count <= 0) {
                return find(Parsed.EMPTY, at);
            }
            if (!authenticated && count > LOGIN_ARGUMENTS_MAX) {
                throw new ProtocolException("Protocol error: unauthenticated multibulk length");
            }
            argumentsExpected = count;
            frame.clear();
            frame.announce(count);
        }
        return parseArguments(in, base);
    }

    private Parsed parseArguments(ByteBuf in, int base) throws ProtocolException {
        int end = in.readableBytes();
        while (frame.knownCount() < argumentsExpected) {
            if (bulkBytes < 0) {
                if (at > gatheredMaxBytes && !gathering) {
                    return Parsed.LARGE;
                }
                if (at >= end) {
                    return Parsed.INCOMPLETE;
                }
                byte type = in.getByte(base + at);
                if (type != '$') {
                    throw new ProtocolException(
                            "Protocol error: expected '$', got '%c'"
                                    .formatted((char) (type & 0xff)));
                }
                int length =
                        lineNumber(in, base, at + 1, limits.maxBulkBytes(), "invalid bulk length");
                if (length == MISSING) {
                    return missingLine(in, "too big bulk count string");
                }
                if (length < 0) {
                    throw new ProtocolException("Protocol error: invalid bulk length");
                }
                if (!authenticated && length > LOGIN_BULK_BYTES_MAX) {
                    throw new ProtocolException("Protocol error: unauthenticated bulk length");
                }
                bulkBytes = length;
            }
            if (announcedBytes() > gatheredMaxBytes && !gathering) {
                // Wait until as much of the argument has arrived as a message may quote.
                boolean quotable = end - at >= Math.min(bulkBytes, CommandStream.QUOTED_BYTES);
                return quotable ? Parsed.LARGE : Parsed.INCOMPLETE;
            }
            if (end - at < (long) bulkBytes + 2) {
                return Parsed.INCOMPLETE;
            }
            frame.add(at, bulkBytes);
            at += bulkBytes + 2;
            searchedTo = at;
            bulkBytes = -1;
        }
        frame.end(at);
        return find(Parsed.COMMAND, at);
    }

    private Parsed parseInline(ByteBuf in, int base) throws ProtocolException {
        int newline = newline(in, base, 0);
        if (newline < 0) {
            return missingLine(in, "too big inline request");
        }
        int length = newline;
        if (length > 0 && in.getByte(base + length - 1) == '\r') {
            length--;
        }
        var line = new byte[length];
        in.getBytes(base, line);
        var arguments = splitArguments(line);
        if (arguments == null) {
            throw new ProtocolException("Protocol error: unbalanced quotes in request");
        }
        inlineArguments = arguments;
        return find(arguments.isEmpty() ? Parsed.EMPTY : Parsed.INLINE, newline + 1);
    }

    private Parsed find(Parsed what, int bytes) {
        lengthBytes = bytes;
        found = true;
        return what;
    }

    private void restart() {
        found = false;
        gathering = false;
        at = 0;
        searchedTo = 0;
        argumentsExpected = -1;
        bulkBytes = -1;
        inlineArguments = List.of();
    }

    /// Reads the number between `from` and the end of its line, and moves behind that line. Accepts
    /// the same spellings as Redis's `string2ll`: no plus sign, no leading zeros.
    private int lineNumber(ByteBuf in, int base, int from, int max, String complaint)
            throws ProtocolException {
        int newline = newline(in, base, from);
        if (newline < 0) {
            return MISSING;
        }
        int number = number(in, base + from, base + newline, max, complaint);
        at = newline + 1;
        searchedTo = at;
        return number;
    }

    /// The number between `from` and the line feed; -1 when it is negative.
    static int number(ByteBuf in, int from, int newline, int max, String complaint)
            throws ProtocolException {
        int end = newline - 1; // the carriage return
        int digit = from;
        boolean negative = digit < end && in.getByte(digit) == '-';
        if (negative) {
            digit++;
        }
        int digits = end - digit;
        boolean valid = digits > 0 && digits <= DIGITS_MAX && in.getByte(end) == '\r';
        if (valid && in.getByte(digit) == '0') {
            valid = digits == 1 && !negative;
        }
        long number = 0;
        for (; valid && digit < end; digit++) {
            int value = in.getByte(digit) - '0';
            valid = value >= 0 && value <= 9;
            number = 10 * number + value;
        }
        if (!valid || (!negative && number > max)) {
            throw new ProtocolException("Protocol error: " + complaint);
        }
        return negative ? -1 : (int) number;
    }

    private int newline(ByteBuf in, int base, int from) {
        int start = Math.max(from, searchedTo);
        int found = in.indexOf(base + start, base + in.readableBytes(), (byte) '\n');
        if (found < 0) {
            searchedTo = in.readableBytes();
            return -1;
        }
        return found - base;
    }

    private Parsed missingLine(ByteBuf in, String complaint) throws ProtocolException {
        if (in.readableBytes() - at > limits.maxInlineBytes()) {
            throw new ProtocolException("Protocol error: " + complaint);
        }
        return Parsed.INCOMPLETE;
    }

    /// Splits a line into arguments as Redis's `sdssplitargs` does.
    ///
    /// @return null when a quote is not closed, or not followed by a space
    private static @Nullable List<byte[]> splitArguments(byte[] line) {
        var arguments = new ArrayList<byte[]>();
        int i = 0;
        while (true) {
            while (i < line.length && isSpace(line[i])) {
                i++;
            }
            if (i == line.length) {
                return arguments;
            }
            var argument = new ByteArrayOutputStream();
            while (i < line.length && !endsArgument(line[i])) {
                byte c = line[i];
                if (c == '"' || c == '\'') {
                    i = readQuoted(line, i, argument);
                    if (i < 0) {
                        return null;
                    }
                    break;
                }
                argument.write(c);
                i++;
            }
            arguments.add(argument.toByteArray());
        }
    }

    /// Reads a quoted argument from the quote at `start` to its end.
    ///
    /// @return the index behind the closing quote, or -1
    private static int readQuoted(byte[] line, int start, ByteArrayOutputStream into) {
        byte quote = line[start];
        int i = start + 1;
        while (i < line.length) {
            byte c = line[i];
            if (c == quote) {
                boolean closed = i + 1 == line.length || isSpace(line[i + 1]);
                return closed ? i + 1 : -1;
            }
            if (c != '\\' || i + 1 == line.length || (quote == '\'' && line[i + 1] != '\'')) {
                into.write(c);
                i++;
            } else if (quote == '"' && line[i + 1] == 'x' && i + 3 < line.length) {
                int high = Character.digit(line[i + 2], 16);
                int low = Character.digit(line[i + 3], 16);
                if (high < 0 || low < 0) {
                    into.write('x');
                    i += 2;
                } else {
                    into.write(16 * high + low);
                    i += 4;
                }
            } else {
                into.write(quote == '"' ? unescape(line[i + 1]) : '\'');
                i += 2;
            }
        }
        return -1;
    }

    private static int unescape(byte c) {
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> c;
        };
    }

    /// Whether a byte may separate arguments: C's `isspace`.
    private static boolean isSpace(byte c) {
        return endsArgument(c) || c == 0x0b || c == '\f';
    }

    private static boolean endsArgument(byte c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0;
    }
}
