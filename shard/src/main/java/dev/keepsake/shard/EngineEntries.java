package dev.keepsake.shard;

import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.NewerEngineException;
import dev.keepsake.log.CorruptLogException;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.util.Optional;

/// Reads the ENGINE entries of a log, which name the engine that wrote the entries after them.
public final class EngineEntries {
    private EngineEntries() {}

    /// The engine that wrote the last entries of a log, if the log names it. If that entry was
    /// trimmed, the snapshot names the engine; see [Snapshot#writer]. May read the whole log, and
    /// therefore block.
    public static Optional<EngineStamp> writerOf(TransactionLog log) throws IOException {
        var newest = log.newestEngine();
        return newest.isPresent() ? Optional.of(stampOf(newest.get())) : Optional.empty();
    }

    /// The engine that an ENGINE entry names.
    ///
    /// @param reader the engine that shall read the entries after it
    /// @throws NewerEngineException when the reader cannot continue from what that engine wrote
    static EngineStamp expectFor(LogEntry entry, EngineStamp reader) throws IOException {
        var wrote = stampOf(entry);
        if (!reader.continues(wrote)) {
            throw new NewerEngineException(
                    "the log after entry %d".formatted(entry.index()), wrote, reader);
        }
        return wrote;
    }

    private static EngineStamp stampOf(LogEntry entry) throws CorruptLogException {
        try {
            return EngineStamp.decode(entry.payload());
        } catch (IllegalArgumentException e) {
            throw new CorruptLogException(
                    "entry %d of the log names no engine that this build knows: %s; start the build that wrote it, or restore the log"
                            .formatted(entry.index(), e.getMessage()));
        }
    }
}
