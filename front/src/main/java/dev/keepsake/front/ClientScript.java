package dev.keepsake.front;

import io.netty.buffer.ByteBuf;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The script of the command that a client gives next, while it is read. What becomes of the
/// command stays the same until it has been taken: it is kept where it is meanwhile, and nothing
/// behind it is looked at. Owned by the node's event loop; no I/O.
final class ClientScript {
    private final ScriptRules rules;
    private @Nullable ScriptReading reading;
    private long heapBytes; // what is kept for that

    ClientScript(ScriptRules rules) {
        this.rules = rules;
    }

    /// What is becoming of the script, or null when nobody reads one.
    @Nullable ScriptReading reading() {
        return reading;
    }

    /// What is kept for it in the heap.
    long heapBytes() {
        return heapBytes;
    }

    /// Has the script of a command read.
    ///
    /// @param kept gives the command from its first byte on, or null when nobody waits for it any
    ///   more
    /// @param onOver called when the script has been read, unless that is so at once
    void read(Command command, Supplier<@Nullable ByteBuf> kept, Runnable onOver) {
        reading = rules.begin(command, kept, onOver);
    }

    /// The same for a command that is kept here.
    ///
    /// @param copy its bytes
    /// @return how much more is kept in the heap
    long readCopy(Command command, ByteBuf copy, Runnable onOver) {
        var begun = rules.begin(command, () -> copy, onOver);
        reading = begun;
        heapBytes = begun.isOver() ? 0 : command.lengthBytes();
        return heapBytes;
    }

    /// The command has been taken, or its client is gone.
    void end() {
        var begun = reading;
        if (begun != null) {
            reading = null;
            heapBytes = 0;
            rules.giveUp(begun);
        }
    }
}
