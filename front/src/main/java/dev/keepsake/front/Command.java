package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.CommandFrame;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.KeyPositions;
import dev.keepsake.resp.KeySlot;
import dev.keepsake.resp.Trait;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.BitSet;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// A command that a client has given, as the front uses it: its row of the table, its arguments,
/// its keys. Owned by the node's event loop; no I/O.
///
/// It is a view of the bytes that have arrived and copies nothing of them. One object shows the
/// commands of a connection one after the other; its values are valid until the next [#at]. The
/// keys are determined when they are first needed.
final class Command {
    /// The slot of a command that names no keys.
    static final int NO_SLOT = -1;

    private static final int NOT_LOOKED_FOR = -1;

    private final CommandTable table;
    private final CommandFrame frame;
    private final KeyPositions keys = new KeyPositions();
    private ByteBuf in = Unpooled.EMPTY_BUFFER;
    private int base;
    private @Nullable CommandSpec spec;
    private int keyCount = NOT_LOOKED_FOR;
    private int slot = NO_SLOT;
    private boolean acrossSlots;

    /// @param frame where the arguments of each command are
    Command(CommandTable table, CommandFrame frame) {
        this.table = table;
        this.frame = frame;
    }

    /// Shows the command of which the frame has been found.
    ///
    /// @param base the index of its first byte
    Command at(ByteBuf bytes, int base) {
        this.in = bytes;
        this.base = base;
        spec = frame.knownCount() == 0 ? null : table.resolve(bytes, base, frame);
        keyCount = NOT_LOOKED_FOR;
        return this;
    }

    /// Whether the table has a row for it.
    boolean isKnown() {
        return spec != null;
    }

    /// Its row of the table. To be called for known commands only.
    CommandSpec spec() {
        var known = spec;
        if (known == null) {
            throw new IllegalStateException("the table does not have this command");
        }
        return known;
    }

    /// Whether its row has this trait.
    boolean is(Trait trait) {
        return spec().is(trait);
    }

    /// Its name in lower case, with its subcommand: `object|encoding`.
    String name() {
        return spec().name();
    }

    /// The number of arguments, the name included.
    int argumentCount() {
        return frame.argumentCount();
    }

    /// How many of them have arrived: all, except of a sketch.
    int knownCount() {
        return frame.knownCount();
    }

    /// Whether this is only the sketch of a large command: see [LargeCommand].
    boolean isSketch() {
        return frame.isSketch();
    }

    /// How many bytes it has, at least.
    int lengthBytes() {
        return frame.lengthBytes();
    }

    /// How many bytes argument `i` has.
    int length(int i) {
        return frame.length(i);
    }

    /// Where argument `i` begins, counted from the command's first byte.
    int start(int i) {
        return frame.start(i);
    }

    /// The bytes of argument `i`, without a copy.
    ByteBuf argument(int i) {
        return in.slice(base + frame.start(i), frame.length(i));
    }

    /// Argument `i` as text.
    String text(int i) {
        return text(i, frame.length(i));
    }

    /// The beginning of argument `i` as text.
    String text(int i, int bytes) {
        return in.toString(base + frame.start(i), bytes, UTF_8);
    }

    /// Whether argument `i` begins with these bytes.
    boolean begins(int i, byte[] bytes) {
        if (frame.length(i) < bytes.length) {
            return false;
        }
        int start = base + frame.start(i);
        for (int at = 0; at < bytes.length; at++) {
            if (in.getByte(start + at) != bytes[at]) {
                return false;
            }
        }
        return true;
    }

    /// The slot of argument `i` as a key.
    int slotOf(int i) {
        return KeySlot.of(in, base + frame.start(i), frame.length(i));
    }

    /// The whole command, without a copy.
    ByteBuf bytes() {
        return in.slice(base, lengthBytes());
    }

    /// Appends the whole command.
    void writeTo(ByteBuf out) {
        out.writeBytes(in, base, lengthBytes());
    }

    /// A copy of its arguments.
    Arguments arguments() {
        return Arguments.of(in, base, frame);
    }

    /// About how much heap such a copy takes.
    long copyBytes() {
        return Arguments.heapBytes(frame);
    }

    /// Whether it may wait for data.
    boolean blocks() {
        return spec().blocks(in, base, frame);
    }

    /// How many bytes it counts in a transaction. The engine may make more of a small command; a
    /// large one consists mostly of values, which stay as they are.
    long weightBytes() {
        return isSketch() ? lengthBytes() : 2L * lengthBytes();
    }

    // ---- keys

    /// Whether all its keys have arrived. Those of a large command may still be missing.
    boolean knowsKeys() {
        if (!isSketch() || !spec().hasKeys()) {
            return true;
        }
        spec().keys(in, base, frame, keys);
        return keys.areKnown(frame);
    }

    /// The arguments that are needed to know its keys, as far as that is known: all arguments, if
    /// it is not.
    IntPredicate keyArguments() {
        if (!spec().hasKeys()) {
            return argument -> false;
        }
        var found = new KeyPositions();
        int count = spec().keys(in, base, frame, found);
        if (!found.areComplete()) {
            return argument -> true;
        }
        var arguments = new BitSet();
        for (int i = 0; i < count; i++) {
            arguments.set(found.argument(i));
        }
        return arguments::get;
    }

    /// How many keys it names.
    int keyCount() {
        findKeys();
        return keyCount;
    }

    /// The slot of its keys, that of the first key if they are in several slots; [#NO_SLOT] when it
    /// names no keys.
    int slot() {
        findKeys();
        return slot;
    }

    /// Whether its keys are in several slots.
    boolean isAcrossSlots() {
        findKeys();
        return acrossSlots;
    }

    private void findKeys() {
        if (keyCount != NOT_LOOKED_FOR) {
            return;
        }
        slot = NO_SLOT;
        acrossSlots = false;
        keyCount = spec().hasKeys() ? spec().keys(in, base, frame, keys) : 0;
        for (int i = 0; i < keyCount; i++) {
            int keySlot = slotOf(keys.argument(i));
            if (slot >= 0 && slot != keySlot) {
                acrossSlots = true;
                return;
            }
            slot = keySlot;
        }
    }

    /// The hash of the key `i`, counted from 0.
    long keyHash(int i) {
        int argument = keys.argument(i);
        return KeySlot.hash(in, base + frame.start(argument), frame.length(argument));
    }

    /// The hash of the only key, or 0 when there is none or more than one.
    long onlyKeyHash() {
        return keyCount() == 1 ? keyHash(0) : 0;
    }

    /// The hashes of all keys when there are several, or null.
    @Nullable KeyHashes keyHashes() {
        int count = keyCount();
        if (count < 2) {
            return null;
        }
        var hashes = new long[count];
        for (int i = 0; i < count; i++) {
            hashes[i] = keyHash(i);
        }
        return new KeyHashes(hashes);
    }
}
