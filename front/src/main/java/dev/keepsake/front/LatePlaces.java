package dev.keepsake.front;

/// Where replies wait that have not arrived over a shared lane: under the next barrier. That
/// barrier is yet to be sent, so it covers everything that has been executed until now. Owned by
/// the node's event loop.
interface LatePlaces {
    /// Parks this under the next barrier.
    void parkLate(Parked parked);

    /// Parks the place of a reply that its client does not want.
    void parkUnwanted(ReplySink client, Patience patience);
}
