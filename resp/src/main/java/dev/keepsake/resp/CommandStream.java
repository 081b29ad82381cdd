package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;
import java.util.function.IntPredicate;

/// A command that is passed on while it arrives, since it is too large to be held. One for each
/// such command, used by one thread; closed by its owner.
///
/// What is known of the command is its *sketch*: the command once more, without most of its bytes.
/// The keys stand there in full, of other arguments as much as a message may quote.
public final class CommandStream implements AutoCloseable {
    /// How much of an argument is kept that is no key: as much as Redis quotes.
    public static final int QUOTED_BYTES = 128;

    /// How much the sketch may have besides as many bytes as the keys may have.
    private static final int BESIDES_KEYS_BYTES = 8 * QUOTED_BYTES;

    private final ProtocolLimits limits;
    private final int keysMaxBytes;
    private final IntPredicate isKept;
    private final ByteBuf sketch;
    private final CommandFrame frame = new CommandFrame();
    private final int arguments;

    // Counted from the first byte of the command.
    private long taken;
    private long at; // the next length to look at, when that has arrived
    private long keptTo; // how much of the argument before `at` is kept
    private int begun; // arguments whose length is known
    private int keptStart; // where in the sketch the newest one begins
    private int keptBytes; // and how much of it is to stand there
    private long keysBytes; // of those arguments that are kept in full

    /// Begins with a command of which a framer has found the beginning.
    ///
    /// @param command where the command begins
    /// @param known its frame so far
    /// @param isKept whether an argument is to stand in the sketch in full; those that are known
    ///   already do
    /// @param keysMaxBytes the most that these may have together
    /// @param sketch an empty buffer, which is the stream's from now on
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
    /// @param in the bytes from its reader index on follow those that were taken before
    /// @return how many of them may be passed on now; the reader index does not move
    /// @throws ProtocolException when what follows is no command, or more than the bound would have
    ///   to be kept
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

    /// An argument begins at `start`.
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

    /// Copies what has arrived of the argument that was begun last.
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

    /// Whether all of the command has been taken.
    public boolean isComplete() {
        return begun == arguments && taken == at;
    }

    /// How many bytes the command has at least, as far as its peer has said.
    public long announcedBytes() {
        return at;
    }

    /// What the arguments are, as far as they are known, in [#sketch].
    public CommandFrame frame() {
        return frame;
    }

    /// The bytes that [#frame] is about.
    public ByteBuf sketch() {
        return sketch;
    }

    /// Lets the sketch go. Once.
    @Override
    public void close() {
        sketch.release();
    }
}
