package dev.keepsake.control;

import java.util.Map;

/// Where a cluster listens.
///
/// @param nodePorts by the node's name
public record Endpoints(String host, int clusterPort, Map<String, Integer> nodePorts) {
    public Endpoints {
        nodePorts = Map.copyOf(nodePorts);
    }
}
