package dev.keepsake.resp;

import java.util.Arrays;

/// The arguments of a command that are its keys. Reused from command to command.
public final class KeyPositions {
    private int[] arguments = new int[16];
    private int count;
    private boolean complete = true;

    /// The number of keys.
    public int count() {
        return count;
    }

    /// The index of the argument that is the `i`th key.
    public int argument(int i) {
        return arguments[i];
    }

    /// Whether these are all keys, and the frame has all of them. In a sketch some may be missing.
    public boolean areKnown(CommandFrame frame) {
        for (int i = 0; i < count && complete; i++) {
            if (arguments[i] >= frame.knownCount()) {
                return false;
            }
        }
        return complete;
    }

    /// Whether the positions of all keys are known, even if the keys have not arrived yet.
    public boolean areComplete() {
        return complete;
    }

    void clear() {
        count = 0;
        complete = true;
    }

    /// Records that the positions depend on an argument that has not arrived yet.
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
