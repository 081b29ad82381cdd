package dev.keepsake.cli;

import dev.keepsake.api.RequestLog;
import dev.keepsake.server.RequestLogFile;
import dev.keepsake.server.ServerParts;
import dev.keepsake.server.StartException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The option of `keepsake start` that says where the calls of the API are recorded.
final class RequestLogOptions {
    private static final String TO_THE_LOG = "-";

    @Option(
            names = "--request-log",
            paramLabel = "FILE",
            description =
                    "Record every call of the API, as CloudTrail does: one JSON object in a line of"
                            + " this file for each, with its time, caller, operation, resources,"
                            + " outcome and duration, and without passwords. At 10 MiB the file is"
                            + " renamed to FILE.1; FILE.4 is the oldest that is kept. With - the calls"
                            + " are lines of the server's log (default: calls are not recorded).")
    private @Nullable String file;

    /// The parts of a server that records the calls as the option says.
    ///
    /// @throws StartException when the file cannot be written
    ServerParts on(ServerParts parts) throws StartException {
        if (file == null) {
            return parts;
        }
        return parts.recordingRequests(
                file.equals(TO_THE_LOG) ? RequestLog.toLog() : RequestLogFile.open(Path.of(file)));
    }
}
