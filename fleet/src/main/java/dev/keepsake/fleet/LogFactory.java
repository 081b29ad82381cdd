package dev.keepsake.fleet;

import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.nio.file.Path;

/// Opens transaction logs: which implementation is the composition root's choice.
public interface LogFactory {
    /// Opens the log that is kept in `directory`, or begins it.
    TransactionLog open(Path directory) throws IOException;
}
