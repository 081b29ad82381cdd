package dev.keepsake.front;

/// Whoever has lanes to an engine, as each of them sees it. Owned by the node's event loop.
interface LaneOwner {
    /// All replies that have arrived so far have been passed on: what clients are to be sent for
    /// them may be sent now.
    void onRepliesRead();

    /// The engine has refused something for lack of rights.
    void onRefusal();

    /// The engine closed a lane that clients share: what was under way there is unknown.
    void onLost();
}
