package dev.keepsake.control;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/// The addresses and ports at which a cluster listens.
///
/// @param host the address of its endpoint, and of every node without its own address
/// @param clusterPort the port of its endpoint
/// @param nodePorts the nodes' ports, by the node's name
/// @param nodeHosts the addresses of nodes with their own address, by the node's name
public record Endpoints(
        String host,
        int clusterPort,
        Map<String, Integer> nodePorts,
        Map<String, String> nodeHosts) {
    public Endpoints {
        nodePorts = Map.copyOf(nodePorts);
        // Records of builds before nodes could have their own addresses do not have this member.
        nodeHosts = nodeHosts == null ? Map.of() : Map.copyOf(nodeHosts);
    }

    /// Endpoints with one address for everything.
    public Endpoints(String host, int clusterPort, Map<String, Integer> nodePorts) {
        this(host, clusterPort, nodePorts, Map.of());
    }

    /// The address of a node.
    public String hostOf(String node) {
        return nodeHosts.getOrDefault(node, host);
    }

    /// The endpoints without those of some nodes.
    public Endpoints without(Collection<String> nodes) {
        var ports = new HashMap<>(nodePorts);
        ports.keySet().removeAll(nodes);
        var hosts = new HashMap<>(nodeHosts);
        hosts.keySet().removeAll(nodes);
        return new Endpoints(host, clusterPort, ports, hosts);
    }
}
