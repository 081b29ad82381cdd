package dev.keepsake.engine;

import java.util.List;

/// The end of an engine's process.
///
/// @param code the exit code, or 128 plus the number of the signal that ended it
/// @param askedFor whether [Engine#kill()] or [Engine#close()] had been called
/// @param lastLogLines the last lines of the engine's log, oldest first, for messages
public record EngineExit(int code, boolean askedFor, List<String> lastLogLines) {
    private static final int SIGNAL_BASE = 128;

    public EngineExit {
        lastLogLines = List.copyOf(lastLogLines);
    }

    /// How it ended, for messages: `signal 9` or `exit code 1`.
    public String how() {
        return code > SIGNAL_BASE ? "signal " + (code - SIGNAL_BASE) : "exit code " + code;
    }
}
