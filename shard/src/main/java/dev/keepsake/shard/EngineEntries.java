package dev.keepsake.shard;

import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.NewerEngineException;
import dev.keepsake.log.CorruptLogException;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.util.Optional;

/// The entries of a log that say which engine wrote what follows them.
public final class EngineEntries {
    private EngineEntries() {}

    /// The engine that wrote what comes last in a log, if the log tells. What it was trimmed of is
    /// in a snapshot, which tells of itself: [Snapshot#writer]. May read everything that the log
    /// holds, and therefore block.
    public static Optional<EngineStamp> writerOf(TransactionLog log) throws IOException {
        var newest = log.newestEngine();
        return newest.isPresent() ? Optional.of(stampOf(newest.get())) : Optional.empty();
    }

    /// The engine that wrote what follows the entry.
    ///
    /// @param reader who is to go on with that
    /// @throws NewerEngineException when it cannot
    static EngineStamp expectFor(LogEntry entry, EngineStamp reader) throws IOException {
        var wrote = stampOf(entry);
        if (!reader.continues(wrote)) {
            throw new NewerEngineException(
                    "what follows entry %d of the log".formatted(entry.index()), wrote, reader);
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
