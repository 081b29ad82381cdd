package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/// The part of `ACL LOG` that the engine does not know: the failed logins. Owned by the node's
/// event loop. Shapes and bounds as in Redis 7.0's `acl.c`.
final class FailedLogins {
    private static final int REMEMBERED_MAX = 128;

    /// The name in a failed login is chosen by the client, and stays in the log when the client has
    /// gone.
    private static final int NAME_MAX_CHARS = 256;

    private static final int CLIENT_MAX_CHARS = 1_024;
    private static final long SAME_WITHIN_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int FIELDS = 7;
    private static final int FIELDS_OF_MOMENTS = 3; // since Redis 7.2
    private static final double MILLIS = 1000;
    private static final long OF_ENGINE = -1;

    /// One line of the log.
    private record Line(
            long count,
            String reason,
            String context,
            String object,
            String user,
            long atMs,
            long refusedMs,
            double ageS,
            String client,
            long id,
            long createdMs) {
        /// Newest first. A failed login and an entry of the engine may have the same millisecond:
        /// then the login is newer if the front had already seen the engine refuse a command in
        /// that millisecond.
        static int newestFirst(Line one, Line other) {
            if (one.atMs != other.atMs) {
                return Long.compare(other.atMs, one.atMs);
            }
            if (one.isOfEngine() == other.isOfEngine()) {
                return 0; // in their present order
            }
            boolean oneIsLogin = !one.isOfEngine();
            var login = oneIsLogin ? one : other;
            boolean loginIsNewer = login.refusedMs >= login.atMs;
            return oneIsLogin == loginIsNewer ? -1 : 1;
        }

        boolean isOfEngine() {
            return refusedMs == OF_ENGINE;
        }
    }

    private static final class Failure {
        final String command;
        final String user;
        final long id;
        final long createdMs;
        long count;
        long lastNs;
        long lastMs;
        long refusedMs;
        String client = "";

        Failure(String command, String user, long id, long createdMs) {
            this.command = command;
            this.user = user;
            this.id = id;
            this.createdMs = createdMs;
        }
    }

    private final List<Failure> failures = new ArrayList<>(); // the newest last
    private long refusedMs;
    private long nextId; // doubled; the odd ones are the engine's
    private final boolean tellsMoments;

    /// @param engine the engine whose log is completed
    FailedLogins(ServedEngine engine) {
        this.tellsMoments = engine.isSince(7, 2, 7, 2);
    }

    /// The engine was seen to refuse a command at this wall-clock time.
    void noteRefusal(long nowMs) {
        refusedMs = nowMs;
    }

    /// @param command `auth` or `hello`, spelled as the client did
    /// @param attempted the user name of the attempt; its beginning is kept
    /// @param nowMs the wall-clock time
    /// @param client the client's line in CLIENT LIST; its beginning is kept
    void note(String command, String attempted, long nowNs, long nowMs, String client) {
        String user = cut(attempted, NAME_MAX_CHARS);
        var failure =
                failures.stream()
                        .filter(known ->
                                known.command.equals(command)
                                        && known.user.equals(user)
                                        && nowNs - known.lastNs < SAME_WITHIN_NS)
                        .findFirst()
                        .orElseGet(() -> new Failure(command, user, 2 * nextId++, nowMs));
        failures.remove(failure);
        if (failures.size() == REMEMBERED_MAX) {
            failures.removeFirst();
        }
        failure.count++;
        failure.lastNs = nowNs;
        failure.lastMs = nowMs;
        failure.refusedMs = refusedMs;
        failure.client = cut(client, CLIENT_MAX_CHARS);
        failures.add(failure);
    }

    private static String cut(String text, int maxChars) {
        return text.length() <= maxChars ? text : text.substring(0, maxChars);
    }

    void forget() {
        failures.clear();
    }

    /// Writes the log: the failed logins of this node and the engine's entries.
    ///
    /// @param ofEngine the engine's answer to `ACL LOG` in RESP2
    /// @param nowMs the time of the engine's clock at that answer
    void write(RespValue ofEngine, int limit, long nowMs, int protocol, ByteBuf out) {
        var lines = new ArrayList<Line>();
        for (var failure : failures.reversed()) {
            lines.add(
                    new Line(
                            failure.count,
                            "auth",
                            "toplevel",
                            failure.command,
                            failure.user,
                            failure.lastMs,
                            failure.refusedMs,
                            Math.max(0, nowMs - failure.lastMs) / MILLIS,
                            failure.client,
                            failure.id,
                            failure.createdMs));
        }
        if (ofEngine instanceof RespValue.ArrayReply(List<RespValue> entries)) {
            for (var entry : entries) {
                if (entry instanceof RespValue.ArrayReply(List<RespValue> fields)) {
                    lines.add(lineOf(fields, nowMs));
                }
            }
        }
        lines.sort(Line::newestFirst);
        var shown = lines.subList(0, Math.min(limit, lines.size()));
        RespWriter.array(out, shown.size());
        shown.forEach(line -> write(line, protocol, out));
    }

    /// The milliseconds of a reply to `TIME`; 0 for any other reply.
    static long millis(RespValue time) {
        return time instanceof RespValue.ArrayReply(List<RespValue> parts)
                        && parts.size() == 2
                        && parts.get(0) instanceof RespValue.Bulk seconds
                        && parts.get(1) instanceof RespValue.Bulk micros
                ? 1000 * Long.parseLong(seconds.utf8()) + Long.parseLong(micros.utf8()) / 1000
                : 0;
    }

    private static Line lineOf(List<RespValue> fields, long nowMs) {
        double ageS = Double.parseDouble(text(fields, "age-seconds"));
        String inEngine = text(fields, "username");
        String user = Namesakes.fromEngine(inEngine);
        return new Line(
                Long.parseLong(text(fields, "count")),
                text(fields, "reason"),
                text(fields, "context"),
                text(fields, "object"),
                user,
                nowMs - Math.round(ageS * MILLIS),
                OF_ENGINE,
                ageS,
                "user=" + user, // the engine's client is a lane
                2 * Long.parseLong(text(fields, "entry-id")) + 1,
                Long.parseLong(text(fields, "timestamp-created")));
    }

    private static String text(List<RespValue> fields, String name) {
        for (int i = 0; i + 1 < fields.size(); i += 2) {
            if (fields.get(i) instanceof RespValue.Bulk key && key.utf8().equals(name)) {
                return switch (fields.get(i + 1)) {
                    case RespValue.Bulk value -> value.utf8();
                    case RespValue.IntegerReply(long value) -> Long.toString(value);
                    case RespValue.Scalar(String value) -> value;
                    case RespValue.SimpleString(String value) -> value;
                    case RespValue.ErrorReply _, RespValue.NullReply _, RespValue.ArrayReply _ ->
                            "0";
                };
            }
        }
        return "0";
    }

    private void write(Line line, int protocol, ByteBuf out) {
        RespWriter.map(out, FIELDS + (tellsMoments ? FIELDS_OF_MOMENTS : 0), protocol);
        RespWriter.bulk(out, "count");
        RespWriter.integer(out, line.count());
        RespWriter.bulk(out, "reason");
        RespWriter.bulk(out, line.reason());
        RespWriter.bulk(out, "context");
        RespWriter.bulk(out, line.context());
        RespWriter.bulk(out, "object");
        RespWriter.bulk(out, line.object());
        RespWriter.bulk(out, "username");
        RespWriter.bulk(out, line.user());
        RespWriter.bulk(out, "age-seconds");
        RespWriter.number(out, String.format(Locale.ROOT, "%.3f", line.ageS()), protocol);
        RespWriter.bulk(out, "client-info");
        RespWriter.bulk(out, line.client());
        if (tellsMoments) {
            RespWriter.bulk(out, "entry-id");
            RespWriter.integer(out, line.id());
            RespWriter.bulk(out, "timestamp-created");
            RespWriter.integer(out, line.createdMs());
            RespWriter.bulk(out, "timestamp-last-updated");
            RespWriter.integer(out, line.atMs());
        }
    }
}
