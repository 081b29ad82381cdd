package dev.keepsake.fleet;

import dev.keepsake.control.ClusterState;
import dev.keepsake.engine.EngineStamp;
import java.io.IOException;
import java.util.Optional;

/// Prepares the start of a cluster: has its logs opened, and chooses an engine that can continue
/// from what their writers have written. The logs of a cluster that lacks an engine are read once.
/// Their writers are remembered, so the logs stay closed until the cluster can start. Owned by the
/// fleet's thread.
final class ClusterPreparation {
    private final ClusterEngines engines;
    private final CommandTables commands;
    private final LogOpenings openings;
    private final LogClosings closings;

    /// The state of the preparation.
    sealed interface Prepared {
        /// The logs are being opened, or the engine is being examined. [LogOpenings] or
        /// [CommandTables] reports the end.
        record NotYet() implements Prepared {}

        /// No engine on this machine can continue from the data.
        ///
        /// @param needed the engine that wrote the data, or the one that a new cluster asks for
        record Lacks(EngineStamp needed) implements Prepared {}

        /// The cluster can start.
        ///
        /// @param logs the caller has to close them
        record Ready(ClusterLogs logs, EngineChoice.Chosen chosen) implements Prepared {}
    }

    ClusterPreparation(
            ClusterEngines engines,
            CommandTables commands,
            LogOpenings openings,
            LogClosings closings) {
        this.engines = engines;
        this.commands = commands;
        this.openings = openings;
        this.closings = closings;
    }

    /// Takes the next step towards the start of a cluster that does not run.
    ///
    /// @throws IOException when the logs cannot be opened, or the engine cannot be examined; the
    ///   next call tries again
    Prepared prepare(ClusterState cluster) throws IOException {
        var id = cluster.spec().id();
        if (engines.knowsLogsOf(id)) {
            var choice = choose(cluster).orElse(null);
            if (choice == null) {
                return new Prepared.NotYet();
            }
            if (choice instanceof EngineChoice.Missing(var needed)) {
                return new Prepared.Lacks(needed);
            }
        }
        var opened = openings.take(cluster);
        if (opened.isEmpty()) {
            return new Prepared.NotYet();
        }
        var logs = opened.get();
        boolean isReady = false;
        try {
            engines.noteLogs(id, logs.writers());
            var choice = choose(cluster).orElse(null);
            if (choice == null) {
                return new Prepared.NotYet();
            }
            var prepared =
                    switch (choice) {
                        case EngineChoice.Missing(var needed) -> new Prepared.Lacks(needed);
                        case EngineChoice.Chosen chosen -> new Prepared.Ready(logs, chosen);
                    };
            isReady = prepared instanceof Prepared.Ready;
            return prepared;
        } finally {
            if (!isReady) {
                closings.close(id, logs::close);
            }
        }
    }

    /// Chooses an engine that has been examined. The examination may change the choice.
    ///
    /// @return empty while the engine is being examined
    private Optional<EngineChoice> choose(ClusterState cluster) throws IOException {
        var choice = engines.choose(cluster);
        return choice instanceof EngineChoice.Chosen chosen
                        && !commands.examine(chosen.engine().binary())
                ? Optional.empty()
                : Optional.of(choice);
    }
}
