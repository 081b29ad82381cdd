package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/// The part of `ACL LOG` that the engine does not know: who was not let in. Owned by the node's
/// event loop. Shapes and bounds as Redis 7.0's `acl.c`.
final class FailedLogins {
    private static final int REMEMBERED_MAX = 128;
    private static final long SAME_WITHIN_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int FIELDS = 7;

    /// One line of the log.
    private record Line(
            long count,
            String reason,
            String context,
            String object,
            String user,
            double ageS,
            String client) {}

    private static final class Failure {
        final String command;
        final String user;
        long count = 1;
        long lastNs;
        String client;

        Failure(String command, String user, long nowNs, String client) {
            this.command = command;
            this.user = user;
            this.lastNs = nowNs;
            this.client = client;
        }
    }

    private final List<Failure> failures = new ArrayList<>(); // the newest last

    /// @param command `auth` or `hello`
    /// @param client the line that CLIENT LIST has of it
    void note(String command, String user, long nowNs, String client) {
        for (var known : failures) {
            if (known.command.equals(command)
                    && known.user.equals(user)
                    && nowNs - known.lastNs < SAME_WITHIN_NS) {
                known.count++;
                known.lastNs = nowNs;
                known.client = client;
                failures.remove(known);
                failures.add(known);
                return;
            }
        }
        if (failures.size() == REMEMBERED_MAX) {
            failures.removeFirst();
        }
        failures.add(new Failure(command, user, nowNs, client));
    }

    void forget() {
        failures.clear();
    }

    /// Writes the log: what happened here, and what the engine says of what it has refused.
    ///
    /// @param ofEngine its answer to `ACL LOG` in RESP2
    void write(RespValue ofEngine, int limit, long nowNs, int protocol, ByteBuf out) {
        var lines = new ArrayList<Line>();
        for (var failure : failures) {
            lines.add(
                    new Line(
                            failure.count,
                            "auth",
                            "toplevel",
                            failure.command,
                            failure.user,
                            (nowNs - failure.lastNs) / (double) TimeUnit.SECONDS.toNanos(1),
                            failure.client));
        }
        if (ofEngine instanceof RespValue.ArrayReply(List<RespValue> entries)) {
            for (var entry : entries) {
                if (entry instanceof RespValue.ArrayReply(List<RespValue> fields)) {
                    lines.add(lineOf(fields));
                }
            }
        }
        lines.sort(Comparator.comparingDouble(Line::ageS));
        var shown = lines.subList(0, Math.min(limit, lines.size()));
        RespWriter.array(out, shown.size());
        shown.forEach(line -> write(line, protocol, out));
    }

    private static Line lineOf(List<RespValue> fields) {
        String inEngine = text(fields, "username");
        String user = AccessControl.fromEngine(inEngine);
        return new Line(
                Long.parseLong(text(fields, "count")),
                text(fields, "reason"),
                text(fields, "context"),
                text(fields, "object"),
                user,
                Double.parseDouble(text(fields, "age-seconds")),
                "user=" + user); // the engine's client is a lane
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

    private static void write(Line line, int protocol, ByteBuf out) {
        RespWriter.map(out, FIELDS, protocol);
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
        RespWriter.bulk(out, String.format(Locale.ROOT, "%.3f", line.ageS()));
        RespWriter.bulk(out, "client-info");
        RespWriter.bulk(out, line.client());
    }
}
