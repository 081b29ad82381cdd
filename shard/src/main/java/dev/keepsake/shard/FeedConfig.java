package dev.keepsake.shard;

import dev.keepsake.core.Secret;
import dev.keepsake.engine.EngineStamp;
import java.util.concurrent.TimeUnit;

/// The settings of one feed.
///
/// @param node the node whose engine it serves; for messages
/// @param replicationId the replication id under which engines know the log
/// @param user the user name with which the engine has to authenticate
/// @param password the password with which it has to authenticate, new for each life of a node
/// @param delayNs how long each entry is withheld after its commit, in nanoseconds; 0 for none
/// @param lastIndex the last entry that is sent, `Long.MAX_VALUE` for no limit
/// @param reader the engine that is fed
/// @param handshakeNs how long a connection may take to authenticate, in nanoseconds
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

    /// Settings with the standard time for a handshake, of which an engine needs milliseconds.
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
