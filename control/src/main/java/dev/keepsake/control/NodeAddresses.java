package dev.keepsake.control;

import dev.keepsake.core.AddressBlock;

/// Places at addresses of a block: each node has its own address, and all nodes of a cluster use
/// the cluster's port.
///
/// @param block the block of addresses
/// @param probe asked while a call is decided, so it answers at once
public record NodeAddresses(AddressBlock block, Probe probe) implements NodePlaces {
    /// Tells whether this machine has an address, and no process listens on a port of it at
    /// present.
    @FunctionalInterface
    public interface Probe {
        boolean isFree(String address, int port);
    }
}
