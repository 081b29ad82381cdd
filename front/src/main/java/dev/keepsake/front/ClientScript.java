package dev.keepsake.front;

import io.netty.buffer.ByteBuf;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The script of a client's next command, while it is being read. What becomes of the command does
/// not change until the command has been taken: its bytes are kept in place meanwhile, and nothing
/// behind it is processed. Owned by the node's event loop; no I/O.
final class ClientScript {
    private final ScriptRules rules;
    private @Nullable ScriptReading reading;
    private long heapBytes; // of a copy of the command

    ClientScript(ScriptRules rules) {
        this.rules = rules;
    }

    /// The state of the script, or null when none is being read.
    @Nullable ScriptReading reading() {
        return reading;
    }

    /// How much heap is kept for it.
    long heapBytes() {
        return heapBytes;
    }

    /// Has the script of a command read.
    ///
    /// @param kept gives the command from its first byte on, or null when its client no longer
    ///   needs the result
    /// @param onOver called when the script has been read, unless that is so at once
    void read(Command command, Supplier<@Nullable ByteBuf> kept, Runnable onOver) {
        reading = rules.begin(command, kept, onOver);
    }

    /// The same for a command whose copy is kept here.
    ///
    /// @param copy its bytes
    /// @return how much more heap is kept
    long readCopy(Command command, ByteBuf copy, Runnable onOver) {
        var begun = rules.begin(command, () -> copy, onOver);
        reading = begun;
        heapBytes = begun.isOver() ? 0 : command.lengthBytes();
        return heapBytes;
    }

    /// The command has been taken, or its client has gone.
    void end() {
        var begun = reading;
        if (begun != null) {
            reading = null;
            heapBytes = 0;
            rules.giveUp(begun);
        }
    }
}
