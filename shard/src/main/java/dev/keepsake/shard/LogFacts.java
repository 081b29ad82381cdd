package dev.keepsake.shard;

import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.NewerEngineException;
import dev.keepsake.log.CorruptLogException;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.RunningChecksum;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The checksum and the writer of a log's data, as a reader learns them on its way. Owned by the
/// thread that reads.
///
/// It refuses an ENGINE entry of an engine from which the reader's engine cannot continue, and a
/// CHECKSUM entry that differs from the checksum of the data before it.
final class LogFacts {
    private final EngineStamp reader;
    private final RunningChecksum checksum;
    private @Nullable EngineStamp writer;

    /// @param reader the engine that the data is for
    /// @param checksum the checksum of the data before the first entry that is added
    /// @param writer the engine that wrote this data, if it is known
    LogFacts(EngineStamp reader, long checksum, @Nullable EngineStamp writer) {
        this.reader = reader;
        this.checksum = new RunningChecksum(checksum);
        this.writer = writer;
    }

    /// The checksum of the data before the next entry.
    long checksum() {
        return checksum.value();
    }

    /// The engine that wrote the data before the next entry, if the log or its snapshot names it.
    @Nullable EngineStamp writer() {
        return writer;
    }

    /// Adds the next entry.
    ///
    /// @throws CorruptLogException when the data before it differs from the checksum in it
    /// @throws NewerEngineException when the reader's engine cannot continue from what comes after
    ///   it
    void add(LogEntry entry) throws IOException {
        if (entry.kind() == EntryKind.DATA) {
            checksum.add(entry.payload());
        } else if (entry.kind() == EntryKind.CHECKSUM) {
            compare(entry);
        } else if (entry.kind() == EntryKind.ENGINE) {
            writer = EngineEntries.expectFor(entry, reader);
        }
    }

    private void compare(LogEntry entry) throws CorruptLogException {
        long written = entry.payload().getLong();
        if (written != checksum.value()) {
            throw new CorruptLogException(
                    "the log's data before offset %d has the checksum %016x, but its writer recorded %016x in entry %d; restore the log"
                            .formatted(
                                    entry.firstOffset(), checksum.value(), written, entry.index()));
        }
    }
}
