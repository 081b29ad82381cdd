package dev.keepsake.control;

/// Where nodes and cluster endpoints may listen.
public sealed interface NodePlaces permits NodePorts, NodeAddresses {}
