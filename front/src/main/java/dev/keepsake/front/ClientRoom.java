package dev.keepsake.front;

import java.util.concurrent.Executor;

/// What the clients of all nodes of a process may use, apart from what the process needs for logs,
/// taps, feeds and its lanes to engines.
///
/// @param directBytes in buffers: incomplete commands, replies that clients have not read
/// @param heapBytes as objects: names of subscribed channels, commands of transactions
/// @param connections connections of clients
/// @param ownLanes lanes to engines that one client has for itself
/// @param handshakes TLS handshakes that are not finished
/// @param scripts reads long scripts
public record ClientRoom(
        Allowance directBytes,
        Allowance heapBytes,
        Allowance connections,
        Allowance ownLanes,
        Handshakes handshakes,
        ScriptReader scripts) {
    private static final int TIMES_FREE = 2; // two thirds for one node alone
    private static final int CONNECTIONS_TIMES_FREE = 8; // eight ninths
    private static final int HEAP_BYTES_A_CONNECTION = 4 << 10;
    private static final int OWN_FILES = 1_000;

    /// BoringSSL takes 30 KiB after the first flight of the server, as measured. An incomplete
    /// record takes up to 20 KiB.
    private static final int HANDSHAKE_BYTES = 64 << 10;

    private static final int HANDSHAKES_PART = 16;
    private static final int HANDSHAKES_MIN = 64;
    private static final int HANDSHAKES_MAX = 8_192;

    /// The room of a process with so much memory.
    ///
    /// @param directMaxBytes how much it may have in buffers altogether
    /// @param heapMaxBytes its heap
    /// @param filesMax how many files and sockets it may have open
    /// @param outputMaxBytes what one client may leave unread; there is always room for that,
    ///   however small the process is
    /// @param scripts reads scripts of clients, one at a time, on a thread that is no event loop
    public static ClientRoom of(
            long directMaxBytes,
            long heapMaxBytes,
            long filesMax,
            long outputMaxBytes,
            Executor scripts) {
        long direct =
                Math.max(
                        directMaxBytes / 5 * 3,
                        Math.min(directMaxBytes / 10 * 9, outputMaxBytes / 2 * 3));
        long files = Math.max(100, filesMax - OWN_FILES);
        long connections = Math.min(files / 8 * 7, heapMaxBytes / 2 / HEAP_BYTES_A_CONNECTION);
        return new ClientRoom(
                new Allowance(direct, TIMES_FREE),
                new Allowance(Math.max(1, heapMaxBytes / 4), TIMES_FREE),
                new Allowance(Math.max(1, connections), CONNECTIONS_TIMES_FREE),
                new Allowance(Math.max(1, files / 8), TIMES_FREE),
                new Handshakes(handshakes(directMaxBytes)),
                new ScriptReader(scripts));
    }

    /// A part of a handshake is BoringSSL's own memory, which no bound of the JVM covers. Of the
    /// JVM's direct memory, handshakes take no more than a process of that size can spare.
    private static int handshakes(long directMaxBytes) {
        return Math.clamp(
                directMaxBytes / HANDSHAKES_PART / HANDSHAKE_BYTES, HANDSHAKES_MIN, HANDSHAKES_MAX);
    }
}
