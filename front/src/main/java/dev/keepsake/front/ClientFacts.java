package dev.keepsake.front;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What one client and its node have exchanged so far. Owned by the node's event loop; no I/O.
final class ClientFacts {
    private long connectedNs;
    private long lastActiveNs;
    private String lastCommand = "";
    private long receivedBytes;
    private long sentBytes;
    private long commands;
    private @Nullable Long leavesMuchSinceNs; // null while it leaves no more unsent than it may

    void onConnected(long nowNs) {
        connectedNs = nowNs;
        lastActiveNs = nowNs;
    }

    void onReceived(long bytes, long nowNs) {
        receivedBytes += bytes;
        lastActiveNs = nowNs;
    }

    void onCommand(String name) {
        lastCommand = name;
        commands++;
    }

    /// The newest command has to wait, and will be noted again.
    void onPutOff() {
        commands--;
    }

    void onSent(long bytes, long nowNs) {
        sentBytes += bytes;
        lastActiveNs = nowNs;
    }

    /// Whether the client has neither sent nor received anything for so long.
    boolean isSilent(long forNs, long nowNs) {
        return nowNs - lastActiveNs > forNs;
    }

    /// Whether the client has left more unsent than it may. To be called regularly.
    boolean leavesTooMuch(ClientLimits.Output limit, long unsentBytes, long nowNs) {
        if (limit.hardBytes() > 0 && unsentBytes > limit.hardBytes()) {
            return true;
        }
        if (limit.softBytes() == 0 || unsentBytes <= limit.softBytes()) {
            leavesMuchSinceNs = null;
            return false;
        }
        var since = leavesMuchSinceNs;
        if (since == null) {
            leavesMuchSinceNs = nowNs;
            return false;
        }
        return nowNs - since > limit.softNs();
    }

    /// One field of the client's line in CLIENT LIST.
    ///
    /// @return null when the field is not one of these facts
    @Nullable Object value(String field, long nowNs) {
        return switch (field) {
            case "age" -> TimeUnit.NANOSECONDS.toSeconds(nowNs - connectedNs);
            // As in Redis, where sent bytes count as activity too.
            case "idle" -> TimeUnit.NANOSECONDS.toSeconds(nowNs - lastActiveNs);
            case "cmd" -> lastCommand.isEmpty() ? "NULL" : lastCommand;
            case "tot-net-in" -> receivedBytes;
            case "tot-net-out" -> sentBytes;
            case "tot-cmds" -> commands;
            default -> null;
        };
    }
}
