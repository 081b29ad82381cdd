package dev.keepsake.resp;

import java.util.Arrays;

/// The positions of the arguments of one command in a buffer. Reused for the next command of the
/// same connection.
///
/// For a command that is too large to be kept in memory, it has the positions in the command's
/// *sketch* (see [CommandStream]). In a sketch the last arguments may not be known yet, and long
/// ones are cut.
public final class CommandFrame {
    private static final int KEPT_ARGUMENTS = 1024;

    private int[] starts = new int[16];
    private int[] lengths = new int[16];
    private int argumentCount;
    private int announced = -1;
    private long lengthBytes;
    private boolean sketch;

    CommandFrame() {}

    /// The number of arguments, including the command's name.
    public int argumentCount() {
        return announced < 0 ? argumentCount : announced;
    }

    /// The number of arguments with a position: all of them, except in a sketch.
    public int knownCount() {
        return argumentCount;
    }

    /// Whether this describes a sketch: long arguments are cut, and the last ones may be missing.
    public boolean isSketch() {
        return sketch;
    }

    /// The position of argument `i`, from the first byte of the frame.
    public int start(int i) {
        return starts[i];
    }

    /// The length of argument `i`, in bytes.
    public int length(int i) {
        return lengths[i];
    }

    /// The length of the whole frame in bytes. For a sketch, the minimum length of the command.
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

    /// Announces more arguments than those that have been added.
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
