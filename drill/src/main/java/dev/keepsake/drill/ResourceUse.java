package dev.keepsake.drill;

import java.util.Locale;

/// The resources that a server uses at one moment, between two failovers.
///
/// @param heapBytes the size of the live objects, after a collection
/// @param residentBytes the memory of its process
/// @param threads its platform threads
/// @param files open file descriptors, sockets included
/// @param sockets open sockets
/// @param processes its running child processes
public record ResourceUse(
        long heapBytes,
        long residentBytes,
        long threads,
        long files,
        long sockets,
        long processes) {
    private static final double MB = 1 << 20;

    /// The change until `later`, in one line.
    String changeUntil(ResourceUse later) {
        return String.format(
                Locale.ROOT,
                "heap %.1f -> %.1f MB, resident %.0f -> %.0f MB, threads %d -> %d, files %d -> %d, sockets %d -> %d,"
                        + " processes %d -> %d",
                heapBytes / MB,
                later.heapBytes / MB,
                residentBytes / MB,
                later.residentBytes / MB,
                threads,
                later.threads,
                files,
                later.files,
                sockets,
                later.sockets,
                processes,
                later.processes);
    }
}
