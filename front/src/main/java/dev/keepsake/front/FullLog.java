package dev.keepsake.front;

import org.jspecify.annotations.Nullable;

/// The errors while the shard's log has no room: writes are refused at once, and replies that wait
/// for the log are answered with an error after a while, unless their commands may have changed
/// something. Owned by the node's event loop; no I/O.
final class FullLog {
    private static final String GIVEN_UP =
            "; this reply depends on data that is not in the log yet, try again";

    private final long patienceNs;
    private @Nullable String refusal;
    private @Nullable String givenUp;
    private long sinceNs;

    /// @param patienceNs how long replies wait for room
    FullLog(long patienceNs) {
        this.patienceNs = patienceNs;
    }

    /// The log has no room, or has room again.
    ///
    /// @param reason why, for people, or null when there is room
    void refuse(@Nullable String reason, long nowNs) {
        refusal = reason == null ? null : "MISCONF " + reason;
        sinceNs = nowNs;
        givenUp = null;
    }

    /// The error that answers writes at present, or null when writes are accepted.
    @Nullable String refusal() {
        return refusal;
    }

    /// The error in the place of a reply that would have to wait for the log, or null while replies
    /// wait.
    @Nullable String whyGivenUp() {
        return givenUp;
    }

    /// Ends the wait of replies, if the log has had no room for long enough. To be called
    /// regularly.
    ///
    /// @return the error for the replies that wait, or null
    @Nullable String endPatience(long nowNs) {
        if (refusal != null && nowNs - sinceNs >= patienceNs) {
            givenUp = refusal + GIVEN_UP;
        }
        return givenUp;
    }
}
