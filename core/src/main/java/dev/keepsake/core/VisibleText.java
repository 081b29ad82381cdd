package dev.keepsake.core;

import java.util.function.IntFunction;

/// Text from outside, made safe to show on one line. A character that is invisible, or that moves
/// the ones after it, becomes an escape: controls, marks of direction, ends of lines and
/// paragraphs, single surrogates. All other characters stay as they are. Stateless.
public final class VisibleText {
    private VisibleText() {}

    /// A text for people, with escapes such as `\n` and `\u202e`.
    public static String of(String text) {
        return escaped(
                text,
                point ->
                        switch (point) {
                            case '\n' -> "\\n";
                            case '\r' -> "\\r";
                            case '\t' -> "\\t";
                            default -> "\\u%04x".formatted(point);
                        });
    }

    /// A JSON text with the same meaning, in which no string contains a hidden character as such.
    ///
    /// @param json valid JSON without hidden characters outside its strings
    public static String ofJson(String json) {
        return escaped(
                json,
                point -> {
                    var units = new StringBuilder();
                    for (char unit : Character.toChars(point)) {
                        units.append("\\u%04x".formatted((int) unit));
                    }
                    return units.toString();
                });
    }

    private static String escaped(String text, IntFunction<String> escape) {
        if (text.codePoints().noneMatch(VisibleText::isHidden)) {
            return text;
        }
        var shown = new StringBuilder(text.length() + 16);
        text.codePoints()
                .forEach(point -> {
                    if (isHidden(point)) {
                        shown.append(escape.apply(point));
                    } else {
                        shown.appendCodePoint(point);
                    }
                });
        return shown.toString();
    }

    private static boolean isHidden(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE ->
                    true;
            default -> false;
        };
    }
}
