package dev.keepsake.cli;

import dev.keepsake.core.VisibleText;
import java.util.Set;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import tools.jackson.databind.json.JsonMapper;

/// Formats a log record as one line with a JSON object:
///
/// ```
/// {"time":"2026-11-23T08:00:00.000Z","level":"INFO","logger":"dev.keepsake.fleet.ShardRuntime",
///  "message":"shard=0001 primary=a term=4","shard":"0001","primary":"a","term":4}
/// ```
///
/// The first four members are always there. The members after them are the `key=value` pairs of the
/// message, and `exception` and `stack`, if there is an exception. Hidden characters of strings are
/// JSON's escapes, so that a line is also safe to look at.
final class JsonLogLine extends Formatter {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> OWN =
            Set.of("time", "level", "logger", "message", "exception", "stack");

    private final boolean verbose;

    /// @param verbose whether there is a member with the stack of an exception
    JsonLogLine(boolean verbose) {
        this.verbose = verbose;
    }

    @Override
    public String format(LogRecord record) {
        var line =
                JSON.createObjectNode()
                        .put("time", RecordParts.time(record))
                        .put("level", RecordParts.level(record))
                        .put("logger", RecordParts.logger(record))
                        .put("message", formatMessage(record));
        if (record instanceof TemplateRecord template) {
            // A pair never replaces a member that every line has.
            template.fields()
                    .forEach((key, value) ->
                            line.putPOJO(OWN.contains(key) ? key + "_" : key, value));
        }
        var thrown = record.getThrown();
        if (thrown != null) {
            line.put("exception", thrown.toString());
            if (verbose) {
                line.put("stack", RecordParts.stackOf(thrown));
            }
        }
        return VisibleText.ofJson(JSON.writeValueAsString(line)) + "\n";
    }
}
