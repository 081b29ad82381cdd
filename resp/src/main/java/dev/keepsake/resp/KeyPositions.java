package dev.keepsake.resp;

import java.util.Arrays;

/// Which arguments of a command are its keys. Reused from command to command.
public final class KeyPositions {
    private int[] arguments = new int[16];
    private int count;
    private boolean complete = true;

    /// How many keys there are.
    public int count() {
        return count;
    }

    /// The argument that is the `i`th key.
    public int argument(int i) {
        return arguments[i];
    }

    /// Whether these are all, and all of them stand in the frame. Of a sketch they need not be.
    public boolean areKnown(CommandFrame frame) {
        for (int i = 0; i < count && complete; i++) {
            if (arguments[i] >= frame.knownCount()) {
                return false;
            }
        }
        return complete;
    }

    /// Whether it is known which arguments are keys, even if those have not arrived yet.
    public boolean areComplete() {
        return complete;
    }

    void clear() {
        count = 0;
        complete = true;
    }

    /// Which arguments are keys depends on one that has not arrived yet.
    void incomplete() {
        complete = false;
    }

    void add(int argument) {
        if (count == arguments.length) {
            arguments = Arrays.copyOf(arguments, 2 * count);
        }
        arguments[count++] = argument;
    }
}
