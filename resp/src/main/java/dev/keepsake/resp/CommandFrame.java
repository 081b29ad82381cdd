package dev.keepsake.resp;

import java.util.Arrays;

/// Where the arguments of one command stand. Reused for the next command of the same connection.
///
/// A command that is too large to be held is described by its *sketch* (see [CommandStream]): there
/// the last arguments may not be known yet, and long ones are cut.
public final class CommandFrame {
    private static final int KEPT_ARGUMENTS = 1024;

    private int[] starts = new int[16];
    private int[] lengths = new int[16];
    private int argumentCount;
    private int announced = -1;
    private long lengthBytes;
    private boolean sketch;

    CommandFrame() {}

    /// How many arguments there are, the command's name included.
    public int argumentCount() {
        return announced < 0 ? argumentCount : announced;
    }

    /// How many of them stand here; all, but in a sketch.
    public int knownCount() {
        return argumentCount;
    }

    /// Whether this is not the command itself: long arguments are cut, the last may be missing.
    public boolean isSketch() {
        return sketch;
    }

    /// The first byte of argument `i`, counted from the first byte of the frame.
    public int start(int i) {
        return starts[i];
    }

    /// How many bytes argument `i` has.
    public int length(int i) {
        return lengths[i];
    }

    /// How many bytes the whole frame has. Of a sketch: how many the command has at least.
    public int lengthBytes() {
        return (int) Math.min(Integer.MAX_VALUE, lengthBytes);
    }

    void clear() {
        argumentCount = 0;
        lengthBytes = 0;
        announced = -1;
        sketch = false;
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

    /// More arguments are to come than those that have been added.
    void announce(int arguments) {
        announced = arguments;
    }

    void sketch() {
        sketch = true;
    }

    void end(long frameBytes) {
        lengthBytes = frameBytes;
    }
}
