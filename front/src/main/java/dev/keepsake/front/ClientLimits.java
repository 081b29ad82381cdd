package dev.keepsake.front;

import java.util.concurrent.TimeUnit;

/// When a node closes the connections of clients, beside its own bounds in [FrontOptions].
///
/// @param idleNs a client that neither sends nor is sent anything for so long is closed; 0 for
///   never. Those who wait for a reply, listen to channels or monitor may be as quiet as they like
/// @param clients what a client may leave unsent
/// @param subscribers the same for those who listen to channels
/// @param keepAliveSeconds how long a connection may be quiet before the other end is asked whether
///   it is still there; 0 for for ever. For connections that are made from then on
public record ClientLimits(long idleNs, Output clients, Output subscribers, int keepAliveSeconds) {
    /// What may be left unsent; 0 for any amount.
    ///
    /// @param hardBytes beyond it the client is closed at once
    /// @param softBytes beyond it the client is closed when it stays so
    /// @param softNs for so long
    public record Output(long hardBytes, long softBytes, long softNs) {}

    /// Redis's defaults.
    public static final ClientLimits STANDARD =
            new ClientLimits(
                    0,
                    new Output(0, 0, 0),
                    new Output(32L << 20, 8L << 20, TimeUnit.SECONDS.toNanos(60)),
                    300);
}
