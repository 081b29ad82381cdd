package dev.keepsake.front;

/// How many reads of named keys an engine has answered, and how many of them had to wait. Owned by
/// the node's event loop.
final class ReadCounts {
    private long answered;
    private long held;

    /// One more has been answered.
    ///
    /// @param waits whether it tells of what is not durable yet
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
