package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.control.EngineVersions;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.Engines;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// How engines are chosen and bounded.
///
/// @param strict whether only sound engines are run
/// @param exactVersions whether requests for an engine that is not installed are refused
/// @param timeoutNs how long an engine may leave a question unanswered before it counts as failed,
///   in nanoseconds
/// @param memory how much memory nodes have
public record EnginePlan(boolean strict, boolean exactVersions, long timeoutNs, NodeMemory memory) {
    /// The nearest installed engine, 10 s for an answer, as much memory as with AWS.
    static final EnginePlan STANDARD =
            new EnginePlan(false, false, TimeUnit.SECONDS.toNanos(10), NodeMemory.asAws());

    public EnginePlan {
        checkArgument(timeoutNs > 0, "an engine timeout of %d ns; expected at least 1", timeoutNs);
    }

    /// The engines that new clusters can get, for any requested version.
    public static List<EngineBinary> gotByNewClusters(Engines engines) {
        return EngineVersions.all().stream()
                .map(wanted -> engines.nearest(wanted.engine(), wanted.version()))
                .distinct()
                .toList();
    }
}
