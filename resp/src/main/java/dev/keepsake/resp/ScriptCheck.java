package dev.keepsake.resp;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Checks whether a script could make writes that are not in the log. Stateless; any thread.
///
/// With `redis.set_repl` a script can prevent the replication of its writes. A failover would then
/// take back data that clients have seen, and no setting of an engine forbids the function.
///
/// Decision 16 (docs/decisions) says why scripts are read.
public final class ScriptCheck {
    /// The longest script, and the longest code of one library of functions, in bytes.
    public static final int MAX_SCRIPT_BYTES = 1 << 20;

    /// The longest payload of FUNCTION RESTORE, and the longest libraries in it together, in bytes.
    public static final int MAX_PAYLOAD_BYTES = 4 << 20;

    /*
     * A script is accepted only if it certainly cannot reach that function, in any spelling. In Lua
     * 5.1 a value is reached by a name or through another value. So two conditions suffice:
     *
     *   - The table that contains the function is never a value by itself. Its name is followed by
     *     the name of a harmless function in it (redis.call, redis["call"]), or is assigned to, or
     *     is the whole value of a local variable (local r = redis), whose name is then one more
     *     name of the table.
     *
     *   - Functions that return the table of all globals, or turn text into a program, are not
     *     named.
     *
     * Names of fields (x.redis, x:load, {load = 1}) are not variables. The other values that Redis
     * gives a script (KEYS, ARGV, string, table, math, bit, cjson, cmsgpack, struct, the metatable
     * of strings) lead to neither. A local variable is visible only after its declaration, so one
     * pass is enough.
     *
     * A name that the script has declared as its own local variable (local server = ARGV[1]) is
     * free until the end of the block. This holds from the next statement on, and for declarations
     * of one name. A name that is not recognized as a local counts as the global.
     */
    private static final Set<String> HARMLESS =
            Set.of(
                    "call",
                    "pcall",
                    "log",
                    "LOG_DEBUG",
                    "LOG_VERBOSE",
                    "LOG_NOTICE",
                    "LOG_WARNING",
                    "error_reply",
                    "status_reply",
                    "sha1hex",
                    "setresp",
                    "replicate_commands",
                    "acl_check_cmd",
                    "register_function",
                    "breakpoint",
                    "debug",
                    "REDIS_VERSION",
                    "REDIS_VERSION_NUM",
                    "VALKEY_VERSION",
                    "VALKEY_VERSION_NUM",
                    "SERVER_NAME");

    private static final Set<String> CONTINUES_AN_EXPRESSION = Set.of("and", "or", "not");

    private static final Set<String> BEGINS_A_STATEMENT =
            Set.of("local", "if", "for", "while", "repeat", "return", "do");

    private static final Set<String> ENDS_AN_OPERAND = Set.of("end", "nil", "true", "false");

    private static final int ALIASES_MAX = 100;

    private final LuaLexer lexer;
    private final Set<String> aliases = new HashSet<>(); // further names of the table

    // The script's own variables, and in how many open blocks each was declared.
    private final Map<String, Integer> locals = new HashMap<>();
    private @Nullable String declared; // counts from the next statement on
    private int blocks;
    private int blocksOfDeclared;

    // The present token, the three before it, and the three after it.
    private LuaLexer.@Nullable Token third;
    private LuaLexer.@Nullable Token second;
    private LuaLexer.@Nullable Token previous;
    private LuaLexer.Token token;
    private LuaLexer.Token next;
    private LuaLexer.Token afterNext;
    private LuaLexer.Token behind;

    private ScriptCheck(byte[] script) {
        this.lexer = new LuaLexer(script);
        this.token = lexer.next(lexer.token());
        this.next = lexer.next(lexer.token());
        this.afterNext = lexer.next(lexer.token());
        this.behind = lexer.next(lexer.token());
    }

    /// The refusal of a script.
    ///
    /// @param script the body of EVAL, or the code of a library of functions
    /// @return an error in the form of Redis, or null when the script is harmless
    public static @Nullable String refusal(byte[] script) {
        String tooLong = refusalByLength(script.length);
        return tooLong == null ? new ScriptCheck(script).run() : tooLong;
    }

    /// The refusal of a script that is too long to be read.
    ///
    /// @return as from [#refusal]
    public static @Nullable String refusalByLength(long bytes) {
        return bytes <= MAX_SCRIPT_BYTES
                ? null
                : ("ERR script refused because it has %d bytes, expected %d at most: give data as"
                                + " arguments, or divide the script")
                        .formatted(bytes, MAX_SCRIPT_BYTES);
    }

    /// The refusal of a payload of libraries that is too long to be read.
    ///
    /// @return as from [#refusal]
    public static @Nullable String refusalOfLibrariesByLength(long bytes) {
        return bytes <= MAX_PAYLOAD_BYTES
                ? null
                : ("ERR payload refused because it has %d bytes, expected %d at most: load the"
                                + " libraries one by one, with FUNCTION LOAD")
                        .formatted(bytes, MAX_PAYLOAD_BYTES);
    }

    /// The refusal of libraries of functions.
    ///
    /// @param payload a payload of FUNCTION DUMP
    /// @return as from [#refusal]
    public static @Nullable String refusalOfLibraries(byte[] payload) {
        String tooLong = refusalOfLibrariesByLength(payload.length);
        return tooLong == null ? LibraryPayload.refusal(payload, ScriptCheck::refusal) : tooLong;
    }

    private @Nullable String run() {
        while (token.kind() != LuaLexer.Kind.END) {
            String found = look();
            if (found != null) {
                return "ERR script refused because of %s in line %d: what a script writes has to be in the"
                                .formatted(found, token.line())
                        + " transaction log, so it may use redis.call and the like by these names"
                        + " only, and nothing that could reach redis.set_repl in another way";
            }
            advance();
        }
        return null;
    }

    private void advance() {
        var unused = third == null ? lexer.token() : third;
        third = second;
        second = previous;
        previous = token;
        token = next;
        next = afterNext;
        afterNext = behind;
        behind = behind.kind() == LuaLexer.Kind.END ? behind : lexer.next(unused);
    }

    /// @return the error in the present token, or null
    private @Nullable String look() {
        if (token.kind() == LuaLexer.Kind.UNREADABLE) {
            return "what is no Lua";
        }
        if (token.kind() != LuaLexer.Kind.NAME || isField()) {
            return null;
        }
        var word = token.word();
        follow(word);
        if (word == null && aliases.isEmpty()) {
            return null;
        }
        String name = word == null ? token.text() : word;
        boolean table = (word != null && LuaLexer.TABLE.contains(word)) || aliases.contains(name);
        boolean leadsFurther = word != null && LuaLexer.LEADS_FURTHER.contains(word);
        boolean free = next.is("=") || locals.containsKey(name); // assigned to, or a local
        if (free || !(table || leadsFurther)) {
            return null;
        }
        if (leadsFurther) {
            return "'%s'".formatted(name);
        }
        if (next.is(".")) {
            return harmless(afterNext, LuaLexer.Kind.NAME)
                    ? null
                    : "'%s.%s'".formatted(name, afterNext.text());
        }
        if (next.is("[") && behind.is("]")) {
            return harmless(afterNext, LuaLexer.Kind.PLAIN_STRING)
                    ? null
                    : "'%s[...]'".formatted(name);
        }
        if (isAllOfALocal() && aliases.size() < ALIASES_MAX) {
            var local = second;
            if (local != null) {
                addAlias(local.text());
            }
            return null;
        }
        return "'%s' without the name of a function behind it".formatted(name);
    }

    /// From here on the name stands for the table, whatever it stands for in other blocks.
    private void addAlias(String name) {
        aliases.add(name);
        locals.remove(name);
        declared = null;
    }

    /// Keeps track of blocks and of the variables that are declared in them.
    private void follow(@Nullable String word) {
        boolean keyword = word != null && LuaLexer.KEYWORDS.contains(word);
        boolean begins = keyword ? BEGINS_A_STATEMENT.contains(word) : isOperand(previous);
        if (declared != null && begins && blocks == blocksOfDeclared) {
            locals.putIfAbsent(declared, blocks);
            declared = null;
        }
        if (word == null) {
            return; // not a variable that matters
        }
        switch (word) {
            case "do", "if", "function", "repeat" -> blocks++;
            case "end", "until" -> {
                endBlock();
                blocks--;
            }
            case "else", "elseif" -> endBlock();
            default -> {
                var local = previous;
                boolean declares = !keyword && local != null && local.is("local") && next.is("=");
                if (declares && !aliases.contains(word)) {
                    declared = word;
                    blocksOfDeclared = blocks;
                }
            }
        }
    }

    private void endBlock() {
        locals.values().removeIf(within -> within >= blocks);
        if (blocksOfDeclared >= blocks) {
            declared = null;
        }
    }

    /// Whether an expression may end with the token: then a name after it begins a new statement.
    private static boolean isOperand(LuaLexer.@Nullable Token before) {
        if (before == null) {
            return false;
        }
        return switch (before.kind()) {
            case NAME -> {
                var word = before.word();
                yield word == null
                        || !LuaLexer.KEYWORDS.contains(word)
                        || ENDS_AN_OPERAND.contains(word);
            }
            case PLAIN_STRING, STRING, NUMBER -> true;
            case SYMBOL -> before.is(")") || before.is("]") || before.is("}") || before.is("...");
            case END, UNREADABLE -> false;
        };
    }

    private boolean isField() {
        var before = previous;
        return before != null && (before.is(".") || before.is(":"));
    }

    private static boolean harmless(LuaLexer.Token field, LuaLexer.Kind kind) {
        return field.kind() == kind && HARMLESS.contains(field.text());
    }

    /// Whether the token is `redis` in `local r = redis`, and a new statement follows.
    private boolean isAllOfALocal() {
        var equals = previous;
        var name = second;
        var local = third;
        return equals != null
                && name != null
                && local != null
                && equals.is("=")
                && name.kind() == LuaLexer.Kind.NAME
                && local.is("local")
                && isEndOfStatement(next);
    }

    private static boolean isEndOfStatement(LuaLexer.Token following) {
        return switch (following.kind()) {
            case END -> true;
            case NAME -> !CONTINUES_AN_EXPRESSION.contains(following.text());
            case SYMBOL -> following.is(";");
            case PLAIN_STRING, STRING, NUMBER, UNREADABLE -> false;
        };
    }
}
