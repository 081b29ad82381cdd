package dev.keepsake.junit;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A value of JSON (RFC 8259), read from text. A member that is absent, or null, is a value too:
/// one that [#isPresent()] denies. Immutable.
///
/// Decision 26 (docs/decisions) says why there is no library for this.
final class Json {
    private static final Json ABSENT = new Json(null);

    private final @Nullable Object value; // Map, List, String, BigDecimal, Boolean, or none

    private Json(@Nullable Object value) {
        this.value = value;
    }

    /// Reads a text that is one value.
    ///
    /// @throws KeepsakeException when it is not
    static Json read(String text) {
        return new Reader(text).whole();
    }

    boolean isPresent() {
        return value != null;
    }

    /// A member of an object; absent when this is no object or has no such member.
    Json at(String member) {
        return value instanceof Map<?, ?> members && members.get(member) instanceof Json found
                ? found
                : ABSENT;
    }

    /// The elements of an array; none when this is no array.
    List<Json> items() {
        var items = new ArrayList<Json>();
        if (value instanceof List<?> list) {
            for (var item : list) {
                items.add((Json) Objects.requireNonNull(item));
            }
        }
        return items;
    }

    /// The text of a string, or another text when this is no string.
    String string(String otherwise) {
        return value instanceof String text ? text : otherwise;
    }

    /// The text of a string.
    ///
    /// @throws KeepsakeException when this is no string
    String string() {
        if (value instanceof String text) {
            return text;
        }
        throw new KeepsakeException("the server's answer has %s instead of a text".formatted(this));
    }

    /// A number.
    ///
    /// @throws KeepsakeException when this is no number
    BigDecimal number() {
        if (value instanceof BigDecimal number) {
            return number;
        }
        throw new KeepsakeException(
                "the server's answer has %s instead of a number".formatted(this));
    }

    @Override
    public String toString() {
        return value == null ? "nothing" : value.toString();
    }

    /// Writes a value: a map of texts, a list, a text, a number or a boolean.
    static String write(Object value) {
        var text = new StringBuilder();
        write(value, text);
        return text.toString();
    }

    private static void write(Object value, StringBuilder text) {
        if (value instanceof Map<?, ?> members) {
            String separator = "{";
            for (var member : members.entrySet()) {
                text.append(separator);
                write(Objects.requireNonNull(member.getKey()), text);
                text.append(':');
                write(Objects.requireNonNull(member.getValue()), text);
                separator = ",";
            }
            text.append(members.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> items) {
            String separator = "[";
            for (var item : items) {
                text.append(separator);
                write(Objects.requireNonNull(item), text);
                separator = ",";
            }
            text.append(items.isEmpty() ? "[]" : "]");
        } else if (value instanceof Number || value instanceof Boolean) {
            text.append(value);
        } else {
            writeString(value.toString(), text);
        }
    }

    private static void writeString(String value, StringBuilder text) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ') {
                text.append("\\u%04x".formatted((int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }

    /// Reads one text. Not thread-safe.
    private static final class Reader {
        private static final int DEPTH_MAX = 64;

        private final String text;
        private int at;
        private int depth;

        Reader(String text) {
            this.text = text;
        }

        Json whole() {
            var value = value();
            skipSpace();
            if (at != text.length()) {
                throw unexpected();
            }
            return value;
        }

        private Json value() {
            skipSpace();
            return switch (peek()) {
                case '{' -> object();
                case '[' -> array();
                case '"' -> new Json(string());
                case 't' -> word("true", new Json(true));
                case 'f' -> word("false", new Json(false));
                case 'n' -> word("null", ABSENT);
                default -> number();
            };
        }

        private Json object() {
            var members = new LinkedHashMap<String, Json>();
            enter();
            for (boolean more = !takes('}'); more; more = goesOn('}')) {
                skipSpace();
                String name = string();
                skipSpace();
                expect(':');
                members.put(name, value());
            }
            depth--;
            return new Json(members);
        }

        private Json array() {
            var items = new ArrayList<Json>();
            enter();
            for (boolean more = !takes(']'); more; more = goesOn(']')) {
                items.add(value());
            }
            depth--;
            return new Json(items);
        }

        private void enter() {
            at++;
            depth++;
            if (depth > DEPTH_MAX) {
                throw unexpected();
            }
            skipSpace();
        }

        /// Whether another element follows, behind a comma, or the end is taken.
        private boolean goesOn(char end) {
            skipSpace();
            if (takes(end)) {
                return false;
            }
            expect(',');
            return true;
        }

        private String string() {
            expect('"');
            var value = new StringBuilder();
            while (!takes('"')) {
                char c = peek();
                at++;
                if (c < ' ') {
                    at--;
                    throw unexpected();
                }
                value.append(c == '\\' ? escaped() : c);
            }
            return value.toString();
        }

        private char escaped() {
            char c = peek();
            at++;
            return switch (c) {
                case '"', '\\', '/' -> c;
                case 'b' -> '\b';
                case 'f' -> '\f';
                case 'n' -> '\n';
                case 'r' -> '\r';
                case 't' -> '\t';
                case 'u' -> unit();
                default -> {
                    at--;
                    throw unexpected();
                }
            };
        }

        private char unit() {
            int unit = 0;
            for (int i = 0; i < 4; i++) {
                int digit = Character.digit(peek(), 16);
                if (digit < 0) {
                    throw unexpected();
                }
                unit = unit * 16 + digit;
                at++;
            }
            return (char) unit;
        }

        private Json number() {
            int from = at;
            while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            try {
                return new Json(new BigDecimal(text.substring(from, at)));
            } catch (NumberFormatException e) {
                at = from;
                throw unexpected();
            }
        }

        private Json word(String word, Json value) {
            if (!text.startsWith(word, at)) {
                throw unexpected();
            }
            at += word.length();
            return value;
        }

        private void skipSpace() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private char peek() {
            if (at == text.length()) {
                throw unexpected();
            }
            return text.charAt(at);
        }

        private boolean takes(char c) {
            boolean isHere = peek() == c;
            if (isHere) {
                at++;
            }
            return isHere;
        }

        private void expect(char c) {
            if (!takes(c)) {
                throw unexpected();
            }
        }

        private KeepsakeException unexpected() {
            return new KeepsakeException(
                    at == text.length()
                            ? "the text ends within a value of JSON"
                            : "unexpected '%c' at %d of a text of JSON"
                                    .formatted(text.charAt(at), at));
        }
    }
}
