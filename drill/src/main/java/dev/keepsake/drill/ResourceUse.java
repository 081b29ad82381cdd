package dev.keepsake.drill;

import java.util.Locale;

/// What a server holds at one moment, between two failovers.
///
/// @param heapBytes the live objects, after a collection
/// @param residentBytes the memory of its process
/// @param threads of the machine, not of Java's virtual ones
/// @param files open file descriptors, sockets among them
/// @param sockets open sockets
/// @param processes the processes that it has started and that run
public record ResourceUse(
        long heapBytes,
        long residentBytes,
        long threads,
        long files,
        long sockets,
        long processes) {
    private static final double MB = 1 << 20;

    /// What has become of it, in one line.
    String toldUpTo(ResourceUse later) {
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
