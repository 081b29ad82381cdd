package dev.keepsake.control;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/// Where a cluster listens.
///
/// @param host the address of its endpoint, and of every node that has none of its own
/// @param nodePorts by the node's name
/// @param nodeHosts the addresses of nodes that have their own, by the node's name
public record Endpoints(
        String host,
        int clusterPort,
        Map<String, Integer> nodePorts,
        Map<String, String> nodeHosts) {
    public Endpoints {
        nodePorts = Map.copyOf(nodePorts);
        // Records from before nodes could have addresses of their own say nothing of them.
        nodeHosts = nodeHosts == null ? Map.of() : Map.copyOf(nodeHosts);
    }

    /// Everything at one address.
    public Endpoints(String host, int clusterPort, Map<String, Integer> nodePorts) {
        this(host, clusterPort, nodePorts, Map.of());
    }

    /// The address of a node.
    public String hostOf(String node) {
        return nodeHosts.getOrDefault(node, host);
    }

    /// The same, but for some nodes.
    public Endpoints without(Collection<String> nodes) {
        var ports = new HashMap<>(nodePorts);
        ports.keySet().removeAll(nodes);
        var hosts = new HashMap<>(nodeHosts);
        hosts.keySet().removeAll(nodes);
        return new Endpoints(host, clusterPort, ports, hosts);
    }
}
