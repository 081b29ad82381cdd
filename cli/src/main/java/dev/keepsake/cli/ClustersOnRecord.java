package dev.keepsake.cli;

import dev.keepsake.engine.Engines;
import dev.keepsake.fleet.RecordedClusters;
import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/// The clusters in a data directory, according to its records.
///
/// @param dataDirectory the data directory
/// @param all the clusters
/// @param unreadable why they could not be read, or empty when they could
record ClustersOnRecord(
        Path dataDirectory, List<RecordedClusters.Recorded> all, String unreadable) {
    ClustersOnRecord {
        all = List.copyOf(all);
    }

    /// Reads the clusters. A failure is part of the result.
    ///
    /// @param scratch a private directory of the caller
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
