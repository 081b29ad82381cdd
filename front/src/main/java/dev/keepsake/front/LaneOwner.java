package dev.keepsake.front;

/// The owner of lanes to an engine, for each lane. Owned by the node's event loop.
interface LaneOwner {
    /// All replies that have arrived so far have been passed on. What is gathered for clients may
    /// be sent now.
    void onRepliesRead();

    /// The engine has refused a command for lack of rights.
    void onRefusal();

    /// The engine closed a lane that clients share: the outcome of what was under way there is
    /// unknown.
    void onLost();
}
