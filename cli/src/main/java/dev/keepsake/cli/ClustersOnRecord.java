package dev.keepsake.cli;

import dev.keepsake.engine.Engines;
import dev.keepsake.fleet.RecordedClusters;
import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/// What a data directory says of its clusters.
///
/// @param dataDirectory where they are
/// @param all of them
/// @param unreadable why they cannot be told, or nothing when they can
record ClustersOnRecord(
        Path dataDirectory, List<RecordedClusters.Recorded> all, String unreadable) {
    ClustersOnRecord {
        all = List.copyOf(all);
    }

    /// Reads them, and says so if that cannot be done.
    ///
    /// @param scratch a directory of the caller's own
    static ClustersOnRecord read(Path dataDirectory, Path scratch, Engines engines) {
        try (var logs = ServerParts.standard().logs()) {
            return new ClustersOnRecord(
                    dataDirectory,
                    RecordedClusters.read(dataDirectory, logs, scratch, engines),
                    "");
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            return new ClustersOnRecord(dataDirectory, List.of(), String.valueOf(e.getMessage()));
        }
    }
}
