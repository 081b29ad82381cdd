package dev.keepsake.fleet;

import java.util.Map;

/// A node as it was when somebody looked: everything that decisions about it are made from. A
/// value, so that it does not matter where the node runs.
///
/// @param serving whether clients are answered from its engine
/// @param admitting whether it admits clients by the newest rules, or admits none
/// @param parameters those that its engine and its front run with
/// @param appliedOffset how far its engine has come, in bytes of the shard's stream; -1 without one
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
