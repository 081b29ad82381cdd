package dev.keepsake.resp;

import java.util.Arrays;

/// Where the arguments of one command stand. Reused for the next command of the same connection.
public final class CommandFrame {
    private static final int KEPT_ARGUMENTS = 1024;

    private int[] starts = new int[16];
    private int[] lengths = new int[16];
    private int argumentCount;
    private int lengthBytes;

    CommandFrame() {}

    /// How many arguments there are, the command's name included.
    public int argumentCount() {
        return argumentCount;
    }

    /// The first byte of argument `i`, counted from the first byte of the frame.
    public int start(int i) {
        return starts[i];
    }

    /// How many bytes argument `i` has.
    public int length(int i) {
        return lengths[i];
    }

    /// How many bytes the whole frame has.
    public int lengthBytes() {
        return lengthBytes;
    }

    void clear() {
        argumentCount = 0;
        lengthBytes = 0;
        if (starts.length > KEPT_ARGUMENTS) {
            starts = new int[16];
            lengths = new int[16];
        }
    }

    void add(int start, int length) {
        if (argumentCount == starts.length) {
            starts = Arrays.copyOf(starts, 2 * argumentCount);
            lengths = Arrays.copyOf(lengths, 2 * argumentCount);
        }
        starts[argumentCount] = start;
        lengths[argumentCount] = length;
        argumentCount++;
    }

    void end(int frameBytes) {
        lengthBytes = frameBytes;
    }
}
