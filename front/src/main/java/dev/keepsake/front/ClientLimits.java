package dev.keepsake.front;

import java.util.concurrent.TimeUnit;

/// When a node closes the connections of clients, in addition to its own bounds in [FrontOptions].
///
/// @param idleNs a client that neither sends nor receives anything for so long is closed; 0 for
///   never. Clients that wait for a reply, have subscriptions or monitor are not closed for this
/// @param clients what a client may leave unsent
/// @param subscribers the same for clients with subscriptions
/// @param keepAliveSeconds after how long without traffic TCP asks whether the other end is still
///   there; 0 for never. Applies to connections that are made from then on
public record ClientLimits(long idleNs, Output clients, Output subscribers, int keepAliveSeconds) {
    /// How much may be left unsent; 0 for any amount.
    ///
    /// @param hardBytes a client with more is closed at once
    /// @param softBytes a client with more is closed when it stays so for `softNs`
    /// @param softNs how long a client may be beyond `softBytes`
    public record Output(long hardBytes, long softBytes, long softNs) {}

    /// Redis's defaults.
    public static final ClientLimits STANDARD =
            new ClientLimits(
                    0,
                    new Output(0, 0, 0),
                    new Output(32L << 20, 8L << 20, TimeUnit.SECONDS.toNanos(60)),
                    300);
}
