package dev.keepsake.fleet;

import dev.keepsake.control.InstalledEngines;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineStamp;
import java.util.Optional;

/// An engine of this machine, and what it writes into the logs of the clusters that it serves.
///
/// @param knownHoles the numbers of those that it was seen to have, or nothing
record StampedEngine(EngineBinary binary, EngineStamp stamp, String knownHoles) {
    /// With what was found out about it. One that could not be examined is taken to write what
    /// releases of its version write.
    static StampedEngine of(EngineBinary binary, Optional<EngineFacts> facts) {
        var stamp =
                facts.map(found ->
                                new EngineStamp(binary.name(), found.version(), found.rdbVersion()))
                        .orElseGet(() -> EngineStamp.ofRelease(binary.name(), binary.version()));
        return new StampedEngine(binary, stamp, facts.map(EngineFacts::cves).orElse(""));
    }

    /// As the control plane knows it.
    InstalledEngines.Installed installed() {
        return new InstalledEngines.Installed(stamp.name(), stamp.version(), knownHoles);
    }
}
