package dev.keepsake.drill;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import redis.clients.jedis.exceptions.JedisAskDataException;
import redis.clients.jedis.exceptions.JedisClusterException;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisMovedDataException;

/// Why a write was not acknowledged, and whether it may have been applied nevertheless.
///
/// An error reply says that the command was not applied, and after a refused connection it was
/// never sent. The outcome of all other failures is unknown. A doubtful kind counts as unknown,
/// because an applied write that counted as refused would be reported as damage of the database.
public enum FailureKind {
    MOVED("moved", false),
    ASK("ask", false),
    CLUSTER_DOWN("cluster_down", false),
    LOADING("loading", false),
    READ_ONLY("read_only", false),
    ERROR_REPLY("error_reply", false),
    CONNECTION_REFUSED("connection_refused", false),
    TIMEOUT("timeout", true),
    CONNECTION_LOST("connection_lost", true),
    OTHER("other", true);

    private final String label;
    private final boolean mayBeApplied;

    FailureKind(String label, boolean mayBeApplied) {
        this.label = label;
        this.mayBeApplied = mayBeApplied;
    }

    /// The name in reports.
    String label() {
        return label;
    }

    boolean mayBeApplied() {
        return mayBeApplied;
    }

    /// The kind of an exception of the client's only try. The client wraps the reason, sometimes as
    /// a cause and sometimes as a suppressed exception. So the most specific exception within it
    /// decides.
    static FailureKind of(Throwable thrown) {
        var kind = OTHER;
        var visited = Collections.<Throwable>newSetFromMap(new IdentityHashMap<>());
        var pending = new ArrayDeque<Throwable>();
        pending.add(thrown);
        while (!pending.isEmpty()) {
            var next = pending.remove();
            if (!visited.add(next)) {
                continue;
            }
            var found = ofOne(next);
            if (found.compareTo(kind) < 0) {
                kind = found;
            }
            if (next.getCause() != null) {
                pending.add(next.getCause());
            }
            pending.addAll(List.of(next.getSuppressed()));
        }
        return kind;
    }

    private static FailureKind ofOne(Throwable thrown) {
        return switch (thrown) {
            case JedisMovedDataException _ -> MOVED;
            case JedisAskDataException _ -> ASK;
            case JedisClusterException _ -> CLUSTER_DOWN;
            case JedisDataException reply -> ofReply(String.valueOf(reply.getMessage()));
            case ConnectException _ -> CONNECTION_REFUSED;
            case SocketTimeoutException _ -> TIMEOUT;
            case JedisConnectionException _ -> CONNECTION_LOST;
            default -> OTHER;
        };
    }

    private static FailureKind ofReply(String message) {
        if (message.startsWith("LOADING")) {
            return LOADING;
        }
        return message.startsWith("READONLY") ? READ_ONLY : ERROR_REPLY;
    }
}
