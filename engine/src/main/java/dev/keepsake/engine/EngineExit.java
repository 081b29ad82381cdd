package dev.keepsake.engine;

import java.util.List;

/// How an engine's process ended.
///
/// @param code the exit code, or 128 plus the number of the signal that ended it
/// @param askedFor whether [Engine#kill()] or [Engine#close()] had been called
/// @param lastLogLines the end of the engine's log, oldest first, for messages
public record EngineExit(int code, boolean askedFor, List<String> lastLogLines) {
    private static final int SIGNAL_BASE = 128;

    public EngineExit {
        lastLogLines = List.copyOf(lastLogLines);
    }

    /// Says how it ended: `signal 9` or `exit code 1`.
    public String how() {
        return code > SIGNAL_BASE ? "signal " + (code - SIGNAL_BASE) : "exit code " + code;
    }
}
