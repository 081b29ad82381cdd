package dev.keepsake.shard;

import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.NewerEngineException;
import dev.keepsake.log.CorruptLogException;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.RunningChecksum;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// What a reader of a log learns on its way beside the data: their checksum, and which engine wrote
/// them. Owned by the thread that reads.
///
/// An entry whose data the reader's engine must not be given is refused, and so is one behind which
/// the data are not what their writer noted.
final class LogFacts {
    private final EngineStamp reader;
    private final RunningChecksum checksum;
    private @Nullable EngineStamp writer;

    /// @param reader the engine that the data are for
    /// @param checksum of the data before the first entry that is added
    /// @param writer who wrote those, if that is known
    LogFacts(EngineStamp reader, long checksum, @Nullable EngineStamp writer) {
        this.reader = reader;
        this.checksum = new RunningChecksum(checksum);
        this.writer = writer;
    }

    /// The checksum of the data before the next entry.
    long checksum() {
        return checksum.value();
    }

    /// The engine that wrote what follows, if the log or its snapshot has told.
    @Nullable EngineStamp writer() {
        return writer;
    }

    /// Takes the next entry in.
    ///
    /// @throws CorruptLogException when the data before it are not what their writer noted
    /// @throws NewerEngineException when what follows it is not for the reader's engine
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
                    "the log's data before offset %d has the checksum %016x, but its writer noted %016x in entry %d; restore the log"
                            .formatted(
                                    entry.firstOffset(), checksum.value(), written, entry.index()));
        }
    }
}
