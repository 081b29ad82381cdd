package dev.keepsake.control;

import dev.keepsake.core.AddressBlock;

/// Each at an address of its own out of a block, all of a cluster on its port.
///
/// @param probe asked while a call is decided, so it answers at once
public record NodeAddresses(AddressBlock block, Probe probe) implements NodePlaces {
    /// Whether this machine has an address on which nobody listens on a port at present.
    @FunctionalInterface
    public interface Probe {
        boolean isFree(String address, int port);
    }
}
