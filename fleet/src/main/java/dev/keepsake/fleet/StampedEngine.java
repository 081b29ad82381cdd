package dev.keepsake.fleet;

import dev.keepsake.control.InstalledEngines;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineStamp;
import java.util.Optional;

/// An engine of this machine, with the stamp that it writes into the logs of its clusters.
///
/// @param knownHoles the numbers of the holes that its examination found; empty when it is sound
record StampedEngine(EngineBinary binary, EngineStamp stamp, String knownHoles) {
    /// The engine with the facts of its examination. An engine that could not be examined gets the
    /// stamp of the releases of its version.
    static StampedEngine of(EngineBinary binary, Optional<EngineFacts> facts) {
        var stamp =
                facts.map(found ->
                                new EngineStamp(binary.name(), found.version(), found.rdbVersion()))
                        .orElseGet(() -> EngineStamp.ofRelease(binary.name(), binary.version()));
        return new StampedEngine(binary, stamp, facts.map(EngineFacts::cves).orElse(""));
    }

    /// The engine in the form of the control plane.
    InstalledEngines.Installed installed() {
        return new InstalledEngines.Installed(stamp.name(), stamp.version(), knownHoles);
    }
}
