package dev.keepsake.fleet;

import java.util.Map;

/// A node as it was at one moment, with everything that decisions about it need. A value, so it
/// does not matter on which machine the node runs.
///
/// @param serving whether clients are answered from its engine
/// @param admitting whether it accepts clients by the newest rules, or accepts none
/// @param parameters the parameters that its engine and its front run with
/// @param appliedOffset the engine's applied offset, in bytes of the shard's stream; -1 without an
///   engine
record NodeView(
        String name,
        NodePhase phase,
        boolean serving,
        boolean admitting,
        Map<String, String> parameters,
        long appliedOffset) {
    NodeView {
        parameters = Map.copyOf(parameters);
    }
}
