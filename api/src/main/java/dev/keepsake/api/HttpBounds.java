package dev.keepsake.api;

import java.util.concurrent.TimeUnit;

/// How much an [HttpServer] takes on. Together with the size of a head these bound its memory, also
/// against clients that want to use it up.
///
/// @param connections how many there may be; when one more comes, the one is closed that has been
///   waiting for the longest, for its next request or for the rest of one
/// @param heldBytes heads and bodies that have come, of all connections together; when more come,
///   the same is done with the one that has waited for the longest of those that hold some
/// @param working how many requests are carried out at the same time
/// @param queued how many wait for that; more are told to come again
/// @param requestNs within which a request has to be there, and an answer has to be taken
/// @param idleNs how long a connection may be without a request
/// @param skippedBytes how much of an unwanted body is read before its connection is closed
record HttpBounds(
        int connections,
        int heldBytes,
        int working,
        int queued,
        long requestNs,
        long idleNs,
        int skippedBytes) {
    /// For the 256 MiB of heap that the launcher gives.
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
