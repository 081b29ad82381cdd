package dev.keepsake.fleet;

import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.nio.file.Path;

/// Opens transaction logs: which implementation is the composition root's choice.
public interface LogFactory extends AutoCloseable {
    /// Opens the log that is kept in `directory`, or in its name, or begins it.
    TransactionLog open(Path directory) throws IOException;

    /// Whether no other process can have a log open while this one has.
    default boolean isExclusive() {
        return true;
    }

    /// Whether nothing is kept of the log: it was never led, or all of it is gone.
    default boolean holdsNothing(Path directory) throws IOException {
        return Directories.holdNothing(directory);
    }

    /// Where the log is kept, for people.
    default String placeOf(Path directory) {
        return directory.toString();
    }

    /// Deletes what [#open] keeps elsewhere than in `directory`, of a log that has been closed.
    /// There need not be any.
    ///
    /// @throws IOException when not all could be deleted; it can be tried again
    default void delete(Path directory) throws IOException {}

    /// Closes what all logs share, once they have been closed.
    @Override
    default void close() {}
}
