package dev.keepsake.shard;

import dev.keepsake.core.Secret;
import dev.keepsake.engine.EngineStamp;
import java.util.concurrent.TimeUnit;

/// What one feed is opened with.
///
/// @param node whose engine it serves; for messages
/// @param replicationId under which engines know the log
/// @param user whom the engine has to authenticate as
/// @param password and with what; made anew for each life of a node
/// @param delayNs how long each entry is withheld after its commit; 0 for none
/// @param lastIndex the last entry that is given, `Long.MAX_VALUE` for all that ever come
/// @param reader the engine that is fed
/// @param handshakeNs how long who connects may take to authenticate
record FeedConfig(
        String node,
        String replicationId,
        String user,
        Secret password,
        long delayNs,
        long lastIndex,
        EngineStamp reader,
        long handshakeNs) {
    private static final long HANDSHAKE_NS = TimeUnit.SECONDS.toNanos(5);

    /// With the standard time for a handshake, of which an engine needs milliseconds.
    FeedConfig(
            String node,
            String replicationId,
            String user,
            Secret password,
            long delayNs,
            long lastIndex,
            EngineStamp reader) {
        this(node, replicationId, user, password, delayNs, lastIndex, reader, HANDSHAKE_NS);
    }
}
