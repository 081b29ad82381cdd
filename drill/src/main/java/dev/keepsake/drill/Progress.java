package dev.keepsake.drill;

import java.io.PrintWriter;

/// Shows a person what the drill is doing. Owned by the drill's thread.
public final class Progress {
    private static final String START_OF_LINE = "\r\u001b[K";

    private final PrintWriter out;
    private final boolean terminal;
    private boolean live;

    /// @param terminal whether a line on `out` can be overwritten
    public Progress(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /// Prints a line that stays.
    public void line(String text) {
        out.println(live ? START_OF_LINE + text : text);
        out.flush();
        live = false;
    }

    /// Prints a line that the next one overwrites. Prints nothing when `out` is not a terminal.
    public void live(String text) {
        if (terminal) {
            out.print(START_OF_LINE + text);
            out.flush();
            live = true;
        }
    }
}
