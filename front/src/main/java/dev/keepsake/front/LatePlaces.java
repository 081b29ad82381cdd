package dev.keepsake.front;

/// Where waits what has arrived elsewhere than over a shared lane: under the next barrier, which is
/// still to be sent and so covers whatever has been executed until now. Owned by the node's event
/// loop.
interface LatePlaces {
    /// Parks something.
    void parkLate(Parked parked);

    /// Parks the place of a reply that its client does not want.
    void parkUnwanted(ReplySink client, Patience patience);
}
