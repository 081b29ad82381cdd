package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;
import java.util.function.IntPredicate;

/// A command that is passed on while it arrives, because it is too large to be kept in memory. One
/// for each such command, used by one thread, closed by its owner.
///
/// The known part of the command is its *sketch*: the command without most of its bytes. The sketch
/// contains the keys completely, and the beginning of other arguments, as much as a message may
/// quote.
public final class CommandStream implements AutoCloseable {
    /// How many bytes of an argument that is not a key are kept: as many as Redis quotes.
    public static final int QUOTED_BYTES = 128;

    /// How many bytes the sketch may have in addition to the keys.
    private static final int BESIDES_KEYS_BYTES = 8 * QUOTED_BYTES;

    private final ProtocolLimits limits;
    private final int keysMaxBytes;
    private final IntPredicate isKept;
    private final ByteBuf sketch;
    private final CommandFrame frame = new CommandFrame();
    private final int arguments;

    // All positions count from the first byte of the command.
    private long taken;
    private long at; // the next length to examine, when it has arrived
    private long keptTo; // how much of the argument before `at` is kept
    private int begun; // arguments whose length is known
    private int keptStart; // where the newest argument begins in the sketch
    private int keptBytes; // how many of its bytes are kept
    private long keysBytes; // of the arguments that are kept completely

    /// A stream that continues from the beginning of a command that a framer has found.
    ///
    /// @param command the beginning of the command
    /// @param known its frame so far
    /// @param isKept whether an argument is kept completely in the sketch; arguments that are known
    ///   already are kept
    /// @param keysMaxBytes the most bytes of all kept arguments together
    /// @param sketch an empty buffer, which belongs to the stream from now on
    public CommandStream(
            ProtocolLimits limits,
            ByteBuf command,
            CommandFrame known,
            IntPredicate isKept,
            int keysMaxBytes,
            ByteBuf sketch) {
        this.limits = limits;
        this.isKept = isKept;
        this.keysMaxBytes = keysMaxBytes;
        this.sketch = sketch;
        this.arguments = known.argumentCount();
        int base = command.readerIndex();
        frame.clear();
        frame.announce(arguments);
        frame.sketch();
        for (begun = 0; begun < known.knownCount(); begun++) {
            frame.add(sketch.writerIndex(), known.length(begun));
            sketch.writeBytes(command, base + known.start(begun), known.length(begun));
            keysBytes += isKept.test(begun) ? known.length(begun) : 0;
        }
        at = begun == 0 ? command.indexOf(base, command.writerIndex(), (byte) '\n') + 1L - base : 0;
        if (begun > 0) {
            at = known.start(begun - 1) + (long) known.length(begun - 1) + 2;
        }
        keptTo = at;
        frame.end(at);
    }

    /// Takes the next bytes of the command.
    ///
    /// @param in its bytes from the reader index on follow those of the previous call
    /// @return how many of them may be passed on now; the reader index does not move
    /// @throws ProtocolException when the bytes are not a command, or the kept arguments exceed the
    ///   bound
    public int take(ByteBuf in) throws ProtocolException {
        int base = in.readerIndex();
        long end = taken + in.readableBytes();
        keep(in, base, end);
        while (at < end && begun < arguments) {
            int line = base + (int) (at - taken);
            checkType(in.getByte(line));
            int newline = in.indexOf(line, in.writerIndex(), (byte) '\n');
            if (newline < 0) {
                if (in.writerIndex() - line > limits.maxInlineBytes()) {
                    throw new ProtocolException("Protocol error: too big bulk count string");
                }
                break;
            }
            begin(length(in, line, newline), at + newline + 1 - line);
            keep(in, base, end);
        }
        int passed = (int) (Math.min(at, end) - taken);
        taken += passed;
        return passed;
    }

    private static void checkType(byte type) throws ProtocolException {
        if (type != '$') {
            throw new ProtocolException(
                    "Protocol error: expected '$', got '%c'".formatted((char) (type & 0xff)));
        }
    }

    private int length(ByteBuf in, int line, int newline) throws ProtocolException {
        int length =
                CommandFramer.number(
                        in, line + 1, newline, limits.maxBulkBytes(), "invalid bulk length");
        if (length < 0) {
            throw new ProtocolException("Protocol error: invalid bulk length");
        }
        return length;
    }

    /// Begins an argument at `start`.
    private void begin(int length, long start) throws ProtocolException {
        boolean isKey = isKept.test(begun);
        int kept = isKey ? length : Math.min(length, QUOTED_BYTES);
        keysBytes += isKey ? length : 0;
        if (keysBytes > keysMaxBytes
                || (long) sketch.readableBytes() + kept
                        > (long) keysMaxBytes + BESIDES_KEYS_BYTES) {
            throw new ProtocolException(
                    "the keys of a command may have %d bytes together".formatted(keysMaxBytes));
        }
        begun++;
        keptStart = sketch.writerIndex();
        keptBytes = kept;
        keptTo = start + kept;
        at = start + length + 2;
        frame.end(at);
    }

    /// Copies the arrived bytes of the newest argument into the sketch.
    private void keep(ByteBuf in, int base, long end) {
        if (begun == frame.knownCount()) {
            return;
        }
        long missingFrom = keptTo - missing();
        long from = Math.max(missingFrom, taken);
        long to = Math.min(keptTo, end);
        if (from < to) {
            sketch.writeBytes(in, base + (int) (from - taken), (int) (to - from));
        }
        if (keptTo <= end) {
            frame.add(keptStart, sketch.writerIndex() - keptStart);
        }
    }

    private long missing() {
        return keptStart + (long) keptBytes - sketch.writerIndex();
    }

    /// Whether the whole command has been taken.
    public boolean isComplete() {
        return begun == arguments && taken == at;
    }

    /// The minimum length of the command in bytes, as far as the peer has announced it.
    public long announcedBytes() {
        return at;
    }

    /// The positions of the known arguments in [#sketch].
    public CommandFrame frame() {
        return frame;
    }

    /// The bytes that [#frame] refers to.
    public ByteBuf sketch() {
        return sketch;
    }

    /// Releases the sketch. Call it once.
    @Override
    public void close() {
        sketch.release();
    }
}
