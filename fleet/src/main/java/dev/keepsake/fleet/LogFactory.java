package dev.keepsake.fleet;

import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.nio.file.Path;

/// Opens transaction logs. The composition root chooses the implementation.
public interface LogFactory extends AutoCloseable {
    /// Opens the log for `directory`, in that directory or elsewhere under its name. Creates the
    /// log if it does not exist. Blocks.
    TransactionLog open(Path directory) throws IOException;

    /// Whether no other process can have a log open while this process has it open.
    default boolean isExclusive() {
        return true;
    }

    /// Whether nothing of the log exists: it was never led, or all of it was deleted.
    default boolean holdsNothing(Path directory) throws IOException {
        return Directories.holdNothing(directory);
    }

    /// The place of the log, for messages.
    default String placeOf(Path directory) {
        return directory.toString();
    }

    /// Deletes the parts of a closed log that are not in `directory`, if there are any.
    ///
    /// @throws IOException when not all could be deleted; the call may be repeated
    default void delete(Path directory) throws IOException {}

    /// Releases what all logs share. All logs have to be closed before.
    @Override
    default void close() {}
}
