package dev.keepsake.control;

/// The places at which nodes and cluster endpoints may listen.
public sealed interface NodePlaces permits NodePorts, NodeAddresses {}
