package dev.keepsake.control;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/// Where a cluster listens.
///
/// @param nodePorts by the node's name
public record Endpoints(String host, int clusterPort, Map<String, Integer> nodePorts) {
    public Endpoints {
        nodePorts = Map.copyOf(nodePorts);
    }

    /// The same, but for some nodes.
    public Endpoints without(Collection<String> nodes) {
        var left = new HashMap<>(nodePorts);
        left.keySet().removeAll(nodes);
        return new Endpoints(host, clusterPort, left);
    }
}
