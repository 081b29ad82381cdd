package dev.keepsake.resp;

import java.util.Arrays;

/// Which arguments of a command are its keys. Reused from command to command.
public final class KeyPositions {
    private int[] arguments = new int[16];
    private int count;

    /// How many keys there are.
    public int count() {
        return count;
    }

    /// The argument that is the `i`th key.
    public int argument(int i) {
        return arguments[i];
    }

    void clear() {
        count = 0;
    }

    void add(int argument) {
        if (count == arguments.length) {
            arguments = Arrays.copyOf(arguments, 2 * count);
        }
        arguments[count++] = argument;
    }
}
