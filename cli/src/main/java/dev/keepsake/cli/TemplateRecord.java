package dev.keepsake.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.helpers.MessageFormatter;

/// A log record that knows its template, such as `node={} primary={}`, beside its message. So the
/// fields of the record are known without parsing the message, which may contain texts of clients.
final class TemplateRecord extends LogRecord {
    /// A placeholder, and the key before it, if there is one. A backslash makes it plain text.
    private static final Pattern PLACEHOLDER =
            Pattern.compile("(?:(?<![\\w.-])([A-Za-z_]\\w*)=\"?)?(?<!\\\\)\\{}");

    private final String template;
    private final List<@Nullable Object> arguments;

    TemplateRecord(Level level, String template, @Nullable Object @Nullable [] arguments) {
        super(level, MessageFormatter.basicArrayFormat(template, arguments));
        this.template = template;
        this.arguments = arguments == null ? List.of() : Arrays.asList(arguments);
    }

    /// The arguments that the template has a key for, in the order of the template: numbers and
    /// truth values as such, everything else as text.
    Map<String, @Nullable Object> fields() {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        var placeholder = PLACEHOLDER.matcher(template);
        for (var argument : arguments) {
            if (!placeholder.find()) {
                break;
            }
            var key = placeholder.group(1);
            if (key != null) {
                fields.put(key, valueOf(argument));
            }
        }
        return fields;
    }

    private static @Nullable Object valueOf(@Nullable Object argument) {
        return switch (argument) {
            case null -> null;
            case Number number -> number;
            case Boolean truth -> truth;
            default -> MessageFormatter.format("{}", argument).getMessage();
        };
    }
}
