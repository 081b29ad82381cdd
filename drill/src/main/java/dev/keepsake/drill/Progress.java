package dev.keepsake.drill;

import java.io.PrintWriter;

/// Tells a person what the drill is doing. Owned by the drill's thread.
public final class Progress {
    private static final String START_OF_LINE = "\r\u001b[K";

    private final PrintWriter out;
    private final boolean terminal;
    private boolean live;

    /// @param terminal whether a line on `out` can be written over
    public Progress(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /// Says something that stays.
    public void line(String text) {
        out.println(live ? START_OF_LINE + text : text);
        out.flush();
        live = false;
    }

    /// Says something that the next words may replace; not said at all when it would pile up.
    public void live(String text) {
        if (terminal) {
            out.print(START_OF_LINE + text);
            out.flush();
            live = true;
        }
    }
}
