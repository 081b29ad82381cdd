package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds the tokens of a script exactly where Lua 5.1's own lexer (`llex.c`) finds them. Used by
/// one thread.
///
/// It is stricter than Lua for scripts that would not compile anyway, or compile only in some
/// locales: at a byte that is neither program text nor within a string or a comment it stops with
/// [Kind#UNREADABLE]. It never takes more bytes than Lua for a string, a comment or a number, so no
/// token can hide from it.
final class LuaLexer {
    /// The kind of a token.
    enum Kind {
        /// An identifier or a keyword.
        NAME,
        /// A string in quotes without escapes: its value is its text.
        PLAIN_STRING,
        /// Any other string.
        STRING,
        NUMBER,
        /// A punctuation character of a program, or `..` and similar.
        SYMBOL,
        /// The end of the script.
        END,
        /// Bytes that Lua does not accept: the script does not compile.
        UNREADABLE
    }

    /// One token and its position. A script may have one token for every two bytes, so a token that
    /// is no longer needed is reused for the next.
    static final class Token {
        private final byte[] script;
        private Kind kind = Kind.END;
        private @Nullable String word;
        private int start;
        private int end;
        private int line;

        private Token(byte[] script) {
            this.script = script;
        }

        /// @param word a name's text, if it is one of [#WORDS], else null
        /// @param start the beginning of the text, within the quotes if it is a string
        private void set(Kind kind, @Nullable String word, int start, int end, int line) {
            this.kind = kind;
            this.word = word;
            this.start = start;
            this.end = end;
            this.line = line;
        }

        Kind kind() {
            return kind;
        }

        @Nullable String word() {
            return word;
        }

        int line() {
            return line;
        }

        boolean is(String text) {
            return kind != Kind.PLAIN_STRING
                    && kind != Kind.STRING
                    && isText(script, start, end, text);
        }

        /// The text, as far as it can be shown in a message.
        String text() {
            var shown = new byte[Math.min(end - start, SHOWN_MAX)];
            for (int i = 0; i < shown.length; i++) {
                int c = script[start + i] & 0xff;
                shown[i] = (byte) (c >= ' ' && c < 0x7f ? c : '?');
            }
            return new String(shown, US_ASCII);
        }
    }

    /// Lua's keywords, and names that lead to more than a script may use. They are recognized
    /// without a copy.
    static final Set<String> KEYWORDS =
            Set.of(
                    "and",
                    "break",
                    "do",
                    "else",
                    "elseif",
                    "end",
                    "false",
                    "for",
                    "function",
                    "if",
                    "in",
                    "local",
                    "nil",
                    "not",
                    "or",
                    "repeat",
                    "return",
                    "then",
                    "true",
                    "until",
                    "while");

    /// The names of the table with Redis's functions.
    static final Set<String> TABLE = Set.of("redis", "server");

    /// Names of Redis 7.0 and, in the last line, names that other engines might provide.
    static final Set<String> LEADS_FURTHER =
            Set.of(
                    "_G",
                    "getfenv",
                    "setfenv",
                    "load",
                    "loadstring",
                    "newproxy",
                    "__redis__err__handler",
                    "__server__err__handler",
                    "dofile",
                    "loadfile",
                    "require");

    private static final int BUCKETS = 256;
    private static final @Nullable String[] WORDS = words();
    private static final int SHOWN_MAX = 40;
    private static final int NOTHING = -1;
    private static final int BEFORE_PRINTABLE = ' ';

    private final byte[] script;
    private int at;
    private int line = 1;

    private static @Nullable String[] words() {
        var buckets = new String[BUCKETS];
        for (var words : List.of(KEYWORDS, TABLE, LEADS_FURTHER)) {
            for (String word : words) {
                int bucket = bucket(word.getBytes(US_ASCII), 0, word.length());
                while (buckets[bucket] != null) {
                    bucket = (bucket + 1) & (BUCKETS - 1);
                }
                buckets[bucket] = word;
            }
        }
        return buckets;
    }

    private static int bucket(byte[] text, int start, int end) {
        return (31 * text[start] + 7 * text[end - 1] + end - start) & (BUCKETS - 1);
    }

    private @Nullable String word(int start) {
        int bucket = bucket(script, start, at);
        for (var word = WORDS[bucket]; word != null; word = WORDS[bucket]) {
            if (isText(script, start, at, word)) {
                return word;
            }
            bucket = (bucket + 1) & (BUCKETS - 1);
        }
        return null;
    }

    private static boolean isText(byte[] script, int start, int end, String word) {
        if (end - start != word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (script[start + i] != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// Begins after the first line if that is a shebang, as Redis does.
    LuaLexer(byte[] script) {
        this.script = script;
        if (script.length > 1 && script[0] == '#' && script[1] == '!') {
            while (at < script.length && script[at] != '\n') {
                at++;
            }
        }
    }

    private int current() {
        return at < script.length ? script[at] & 0xff : NOTHING;
    }

    private int following() {
        return at + 1 < script.length ? script[at + 1] & 0xff : NOTHING;
    }

    private static boolean isNewline(int c) {
        return c == '\n' || c == '\r';
    }

    /// Skips a newline. `\r\n` and `\n\r` count as one.
    private void skipNewline() {
        int first = current();
        at++;
        if (isNewline(current()) && current() != first) {
            at++;
        }
        line++;
    }

    /// A token to read into.
    Token token() {
        return new Token(script);
    }

    /// Finds the next token.
    ///
    /// @param into receives the token; its former content is lost
    /// @return `into`
    Token next(Token into) {
        while (true) {
            int c = current();
            if (c == NOTHING) {
                return token(into, Kind.END, at);
            } else if (isNewline(c)) {
                skipNewline();
            } else if (c == ' ' || c == '\t' || c == 0x0b || c == 0x0c) {
                at++;
            } else if (c == '-' && following() == '-') {
                at += 2;
                if (!skipComment()) {
                    return token(into, Kind.UNREADABLE, at);
                }
            } else {
                return read(into, c);
            }
        }
    }

    private Token token(Token into, Kind kind, int start) {
        into.set(kind, kind == Kind.NAME ? word(start) : null, start, at, line);
        return into;
    }

    private Token read(Token into, int c) {
        int start = at;
        if (isLetter(c)) {
            while (isLetter(current()) || isDigit(current())) {
                at++;
            }
            return token(into, Kind.NAME, start);
        }
        if (isDigit(c) || (c == '.' && isDigit(following()))) {
            return readNumber(into);
        }
        if (c == '"' || c == '\'') {
            return readString(into, c);
        }
        if (c == '[') {
            int level = bracketLevel('[');
            if (level >= 0) {
                return skipLong(level)
                        ? token(into, Kind.STRING, start)
                        : token(into, Kind.UNREADABLE, at);
            }
            // `[=` without a second bracket is an error of Lua's lexer.
            return token(into, level == -1 ? Kind.SYMBOL : Kind.UNREADABLE, start);
        }
        if (c <= BEFORE_PRINTABLE || c >= 0x7f) {
            return token(into, Kind.UNREADABLE, start);
        }
        at++;
        int next = current();
        if (c == '.') {
            // Lua's lexer takes a zero byte for a dot. Here it is unreadable in any case.
            if (next == '.') {
                at += following() == '.' ? 2 : 1;
            }
        } else if (next == '=' && (c == '=' || c == '<' || c == '>' || c == '~')) {
            at++;
        }
        return token(into, Kind.SYMBOL, start);
    }

    private Token readNumber(Token into) {
        int start = at;
        do {
            at++;
        } while (isDigit(current()) || current() == '.');
        if (current() == 'e' || current() == 'E') {
            at++;
            if (current() == '+' || current() == '-') {
                at++;
            }
        }
        while (isLetter(current()) || isDigit(current())) {
            at++;
        }
        return token(into, Kind.NUMBER, start);
    }

    private Token readString(Token into, int quote) {
        int begins = line;
        at++;
        int start = at;
        boolean plain = true;
        while (current() != quote) {
            int c = current();
            if (c == NOTHING || isNewline(c)) {
                return token(into, Kind.UNREADABLE, start);
            }
            at++;
            if (c == '\\') {
                plain = false;
                if (isNewline(current())) {
                    skipNewline();
                } else if (current() != NOTHING) {
                    at++; // further digits cannot be quotes, so they need no care
                }
            }
        }
        int end = at;
        at++;
        into.set(plain ? Kind.PLAIN_STRING : Kind.STRING, null, start, end, begins);
        return into;
    }

    /// Skips a bracket and the equals signs after it.
    ///
    /// @return the number of equals signs when a second bracket follows, else -1 minus that number
    private int bracketLevel(int bracket) {
        at++;
        int count = 0;
        while (current() == '=') {
            at++;
            count++;
        }
        return current() == bracket ? count : -count - 1;
    }

    private boolean skipComment() {
        if (current() == '[') {
            int level = bracketLevel('[');
            if (level >= 0) {
                return skipLong(level);
            }
        }
        while (current() != NOTHING && !isNewline(current())) {
            at++;
        }
        return true;
    }

    /// Skips a long string or comment from its second bracket on.
    ///
    /// @return false when Lua does not accept it
    private boolean skipLong(int level) {
        at++;
        while (true) {
            int c = current();
            if (c == NOTHING) {
                return false;
            } else if (c == ']') {
                if (bracketLevel(']') == level) {
                    at++;
                    return true;
                }
            } else if (c == '[') {
                if (bracketLevel('[') == level) {
                    at++;
                    if (level == 0) {
                        return false; // nested: an error here, counted by older versions
                    }
                }
            } else if (isNewline(c)) {
                skipNewline();
            } else {
                at++;
            }
        }
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    }
}
