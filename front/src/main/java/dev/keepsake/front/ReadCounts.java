package dev.keepsake.front;

/// How many reads of named keys an engine has answered, and how many of these reads had to wait.
/// Owned by the node's event loop.
final class ReadCounts {
    private long answered;
    private long held;

    /// An engine has answered one more read.
    ///
    /// @param waits whether it depends on something that is not durable yet
    void count(boolean waits) {
        answered++;
        held += waits ? 1 : 0;
    }

    long answered() {
        return answered;
    }

    long held() {
        return held;
    }
}
