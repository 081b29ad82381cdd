package dev.keepsake.front;

/// Asked each time a reply of a primary is about to leave. On the node's event loop.
public interface LeadershipGate {
    /// Whether the node leads and its lease holds at this moment.
    boolean mayReply();
}
