package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.TreeMap;

/// Writes the configuration that an engine reads from its standard input. Redis 7.0 and Valkey know
/// every directive, except those that [#ofVersion] adds.
final class EngineConfig {
    /*
     * Of two equal directives the last one counts. So directives that may be overridden come before
     * the parameters, and directives that Keepsake relies on come after them.
     *
     * RESTORE checks every byte of a client's value, because a damaged value would end the engine
     * when it is read. Data from a feed or a snapshot has been checked before (docs/decisions,
     * 0021). Files of others are loaded by an engine that checks everything.
     */
    private static final String DEFAULTS =
            """
            maxmemory-policy noeviction
            enable-debug-command no
            sanitize-dump-payload clients
            proto-max-bulk-len 512mb
            """;

    /*
     * - The process title stays the command line: an orphan is recognized by the socket path in it.
     * - The log provides durability. The engine writes no file, and deletes the RDB file that a
     *   full resync of a non-empty engine needs.
     * - A thousand clients may need their own lanes at the same moment. tcp-backlog also holds for
     *   the Unix socket.
     * - All connections are lanes, so idle ones are not closed. A client with its own lane uses one
     *   of the 12,000; a front accepts 10,000 clients.
     * - The replication backlog must hold the bytes that the tap has not read when it connects
     *   again. 64 MB are more than half a second of the 100 MB/s that MemoryDB allows. Nodes with
     *   little memory have less. The engine allocates it as it fills, and with a TTL of 0 never
     *   frees it: the tap's partial resync after a promotion needs it.
     * - The front's bounds limit how far a tap falls behind. The engine must not disconnect it.
     * - A full resync starts at once and is not written to disk. An empty replica reads it directly
     *   from the socket, and a new engine is empty.
     * - Only the leader decides which keys are evicted. The deletions come through the feed.
     */
    private static final String FIXED =
            """
            daemonize no
            always-show-logo no
            loglevel notice
            logfile ""
            port 0
            unixsocketperm 700
            tcp-backlog 4096
            databases 1
            maxclients 12000
            timeout 0
            save ""
            appendonly no
            rdb-del-sync-files yes
            repl-backlog-ttl 0
            client-output-buffer-limit replica 0 0 0
            repl-diskless-sync yes
            repl-diskless-sync-delay 0
            repl-diskless-load on-empty-db
            replica-read-only yes
            replica-serve-stale-data yes
            replica-ignore-maxmemory yes
            enable-module-command no
            enable-protected-configs no
            disable-thp yes
            """;

    private static final long BACKLOG_MIN_BYTES = 1L << 20;
    private static final long BACKLOG_MAX_BYTES = 64L << 20;

    // The backlog counts as used memory, and must leave a small node room for data.
    private static final int BACKLOG_SHARE = 16;

    private EngineConfig() {}

    static String of(EngineSpec spec, EngineBinary binary) {
        var config = new StringBuilder(DEFAULTS);
        // Sorted, so that equal specifications give equal configurations.
        for (Map.Entry<String, String> parameter : new TreeMap<>(spec.parameters()).entrySet()) {
            config.append(directive(parameter.getKey(), parameter.getValue()));
        }
        return config.append(FIXED)
                .append(ofVersion(binary))
                .append(directive("maxmemory", Long.toString(spec.maxmemoryBytes())))
                .append(directive("repl-backlog-size", Long.toString(backlogBytes(spec))))
                .append(directive("masteruser", spec.feedUser()))
                .append(directive("masterauth", spec.feedPassword().value()))
                .toString();
    }

    /// Switches off what engines of some versions add to the protocol of tap and feed: that a
    /// replica receives its snapshot over a second connection while the stream comes over the
    /// first. The feed sends both over one connection, snapshot first.
    private static String ofVersion(EngineBinary binary) {
        if (EngineStamp.compareNumbers(binary.version(), "8.0") < 0) {
            return "";
        }
        return binary.name().equals(EngineStamp.VALKEY)
                ? "dual-channel-replication-enabled no\n"
                : "repl-rdb-channel no\n";
    }

    private static long backlogBytes(EngineSpec spec) {
        return spec.maxmemoryBytes() == 0
                ? BACKLOG_MAX_BYTES
                : Math.clamp(
                        spec.maxmemoryBytes() / BACKLOG_SHARE,
                        BACKLOG_MIN_BYTES,
                        BACKLOG_MAX_BYTES);
    }

    /// One line of the configuration. The value is quoted byte by byte where needed, so it cannot
    /// end its line or its quotes.
    private static String directive(String name, String value) {
        var line = new StringBuilder(name).append(" \"");
        for (byte b : value.getBytes(UTF_8)) {
            boolean plain = b >= ' ' && b <= '~' && b != '"' && b != '\\';
            if (plain) {
                line.append((char) b);
            } else {
                line.append("\\x%02x".formatted(b));
            }
        }
        return line.append("\"\n").toString();
    }
}
