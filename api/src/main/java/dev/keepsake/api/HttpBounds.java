package dev.keepsake.api;

import java.util.concurrent.TimeUnit;

/// The bounds of an [HttpServer]. Together with the bound of a head they limit its memory, even if
/// clients try to exhaust it.
///
/// @param connections the most connections; for one more, the connection is closed that has waited
///   longest for its next request or for the rest of one
/// @param heldBytes the most bytes of received heads and bodies, over all connections; for more,
///   the connection with such bytes is closed that has waited longest
/// @param working how many requests are executed at the same time
/// @param queued how many requests wait for that; further ones are refused with the advice to try
///   again
/// @param requestNs the time within which a request has to arrive, and an answer has to be read, in
///   nanoseconds
/// @param idleNs how long a connection may be without a request, in nanoseconds
/// @param skippedBytes how much of an unwanted body is read before its connection is closed
record HttpBounds(
        int connections,
        int heldBytes,
        int working,
        int queued,
        long requestNs,
        long idleNs,
        int skippedBytes) {
    /// The bounds for the launcher's heap of 256 MiB.
    static final HttpBounds STANDARD =
            new HttpBounds(
                    1_024,
                    16 << 20,
                    16,
                    256,
                    TimeUnit.SECONDS.toNanos(30),
                    TimeUnit.SECONDS.toNanos(120),
                    64 << 20);
}
