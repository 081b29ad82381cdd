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

/// A command that a client has given, as the front looks at it: what the table says of it, its
/// arguments, its keys. Owned by the node's event loop; no I/O.
///
/// It is a view of the bytes that have arrived and copies nothing of them. One object shows the
/// commands of a connection one after the other; what it says holds until the next [#at]. The keys
/// are looked for when somebody asks for them first.
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

    /// @param frame says where the arguments of each command stand
    Command(CommandTable table, CommandFrame frame) {
        this.table = table;
        this.frame = frame;
    }

    /// Shows the command that the frame has been found for.
    ///
    /// @param base the index of its first byte
    Command at(ByteBuf bytes, int base) {
        this.in = bytes;
        this.base = base;
        spec = frame.knownCount() == 0 ? null : table.resolve(bytes, base, frame);
        keyCount = NOT_LOOKED_FOR;
        return this;
    }

    /// Whether the table has it.
    boolean isKnown() {
        return spec != null;
    }

    /// What the table says of it. To be asked of known ones.
    CommandSpec spec() {
        var known = spec;
        if (known == null) {
            throw new IllegalStateException("the table does not have this command");
        }
        return known;
    }

    /// Whether the table says this of it.
    boolean is(Trait trait) {
        return spec().is(trait);
    }

    /// Its name in lower case, with its subcommand: `object|encoding`.
    String name() {
        return spec().name();
    }

    /// How many arguments there are, the name included.
    int argumentCount() {
        return frame.argumentCount();
    }

    /// How many of them have arrived: all, but of a sketch.
    int knownCount() {
        return frame.knownCount();
    }

    /// Whether this is only the outline of a large command: see [LargeCommand].
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

    /// The bytes of argument `i`, where they stand.
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

    /// Whether argument `i` begins with some bytes.
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

    /// The slot that argument `i` has as a key.
    int slotOf(int i) {
        return KeySlot.of(in, base + frame.start(i), frame.length(i));
    }

    /// All of it, where it stands.
    ByteBuf bytes() {
        return in.slice(base, lengthBytes());
    }

    /// Appends all of it.
    void writeTo(ByteBuf out) {
        out.writeBytes(in, base, lengthBytes());
    }

    /// A copy of its arguments.
    Arguments arguments() {
        return Arguments.of(in, base, frame);
    }

    /// How much of the heap such a copy takes, about.
    long copyBytes() {
        return Arguments.heapBytes(frame);
    }

    /// Whether it may wait for data.
    boolean blocks() {
        return spec().blocks(in, base, frame);
    }

    /// What it counts in a transaction. The engine may make more of a small one; of a large one
    /// most is values, which stay as they are.
    long weightBytes() {
        return isSketch() ? lengthBytes() : 2L * lengthBytes();
    }

    // ---- keys

    /// Whether all its keys have arrived. Those of a large one may have yet to.
    boolean knowsKeys() {
        if (!isSketch() || !spec().hasKeys()) {
            return true;
        }
        spec().keys(in, base, frame, keys);
        return keys.areKnown(frame);
    }

    /// Which arguments have to be looked at to know the keys, as far as that is known: all, if it
    /// is not.
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

    /// The slot of its keys, the first one's if they are in several; [#NO_SLOT] when it names none.
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
