package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.TreeMap;

/// Writes the configuration that an engine reads from its standard input. Every directive is known
/// to Redis 7.0 and to Valkey, but for those that [#ofVersion] adds.
final class EngineConfig {
    /*
     * The last one of two equal directives counts, so what may be overridden stands before the
     * parameters and what Keepsake relies on behind them.
     *
     * RESTORE looks at every byte of what a client brings, or a damaged value would end the engine
     * when it is read. What comes from a feed or a snapshot has been looked at before (docs/decisions,
     * 0021); files of others are loaded by an engine that looks at everything.
     */
    private static final String DEFAULTS =
            """
            maxmemory-policy noeviction
            enable-debug-command no
            sanitize-dump-payload clients
            proto-max-bulk-len 512mb
            """;

    /*
     * - The process title stays the command line: an orphan is known by the socket path in it.
     * - Durability is the log's; the engine writes no file, and forgets the RDB file that a full
     *   resync over a non-empty engine goes through.
     * - A thousand clients may need lanes of their own in one moment; the backlog is the socket's too.
     * - Lanes are ours, so idle ones are not closed. A client that needs a lane of its own costs one
     *   of the 12,000; a front takes 10,000 clients.
     * - The backlog must hold what the tap has not read when it connects again; 64 MB are more than
     *   half a second of the 100 MB/s that MemoryDB admits; nodes with little memory have less. The
     *   engine allocates it as it fills, and with a TTL of 0 never throws it away: the tap's partial
     *   resync after a promotion needs it.
     * - A tap that falls behind is held back by the front's bounds; the engine must not cut it off.
     * - A full resync starts at once and is not written to disk on the way. The replica reads it
     *   straight from the socket when it is empty, which a fresh engine is.
     * - Only the leader decides what is evicted; the effects come through the feed.
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

    // The backlog counts as used memory: it must leave a small node room for data.
    private static final int BACKLOG_SHARE = 16;

    private EngineConfig() {}

    static String of(EngineSpec spec, EngineBinary binary) {
        var config = new StringBuilder(DEFAULTS);
        // Sorted, so that equal specs give equal configurations.
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

    /// What engines of some versions offer beside the protocol that tap and feed speak, and are not
    /// to: a replica that has its snapshot come over a second connection, while the stream comes
    /// over the first. The feed gives both over one, snapshot first.
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

    /// One line. The value is quoted byte for byte where needed, so it cannot end its line or
    /// quotes.
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
