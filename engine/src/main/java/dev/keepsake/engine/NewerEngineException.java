package dev.keepsake.engine;

import java.io.IOException;

/// The present engine cannot continue from data that another engine wrote.
public final class NewerEngineException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient EngineStamp needed;

    /// @param what the data, for people: "entry 12 of the log"
    /// @param needed the engine that wrote the data
    /// @param reader the engine that should continue
    public NewerEngineException(String what, EngineStamp needed, EngineStamp reader) {
        super(
                "%s was written by %s (RDB version %d), from which %s (RDB version %d) cannot continue; %s"
                        .formatted(
                                what,
                                needed,
                                needed.rdbVersion(),
                                reader,
                                reader.rdbVersion(),
                                wayOut(needed)));
        this.needed = needed;
    }

    /// What to do, as the end of a sentence.
    public static String wayOut(EngineStamp needed) {
        return "start the server with %s or a newer %s: put it on the PATH, or name it with --engine"
                .formatted(needed, needed.name());
    }

    /// The engine that wrote the data. Not kept by serialization.
    public EngineStamp needed() {
        return needed;
    }
}
