package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// A command on one key, and what it does to the key: the sequential truth that histories are
/// compared with. Replies are put as [Wire] shows them; items of lists have no blanks.
sealed interface KeyCommand {
    /// What a command leaves behind and what it replies.
    record Step(KeyState next, String reply) {}

    record Set(String value) implements KeyCommand {}

    record Get() implements KeyCommand {}

    record Incr() implements KeyCommand {}

    record Append(String suffix) implements KeyCommand {}

    record GetDel() implements KeyCommand {}

    record RPush(String item) implements KeyCommand {}

    /// All items.
    record LRange() implements KeyCommand {}

    String WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    String NO_INTEGER = "-ERR value is not an integer or out of range";

    /// Executes the command.
    default Step on(KeyState state) {
        return switch (this) {
            case Set(String value) -> new Step(KeyState.string(value), "OK");
            case Get() -> ofString(state, text -> new Step(state, text.orElse("nil")));
            case GetDel() -> ofString(state, text -> new Step(KeyState.ABSENT, text.orElse("nil")));
            case Incr() -> ofString(state, text -> increment(state, text.orElse("0")));
            case Append(String suffix) -> ofString(state, text -> append(text.orElse(""), suffix));
            case RPush(String item) -> ofList(state, () -> push(state, item));
            case LRange() -> ofList(state, () -> new Step(state, "[" + state.text() + "]"));
        };
    }

    /// Whether it never changes anything.
    default boolean isRead() {
        return this instanceof Get || this instanceof LRange;
    }

    /// Whether neither its effect nor its reply depends on what the key held before.
    default boolean isBlind() {
        return this instanceof Set;
    }

    /// The command as it is sent.
    default List<String> words(String key) {
        return switch (this) {
            case Set(String value) -> List.of("SET", key, value);
            case Get() -> List.of("GET", key);
            case GetDel() -> List.of("GETDEL", key);
            case Incr() -> List.of("INCR", key);
            case Append(String suffix) -> List.of("APPEND", key, suffix);
            case RPush(String item) -> List.of("RPUSH", key, item);
            case LRange() -> List.of("LRANGE", key, "0", "-1");
        };
    }

    private static Step ofString(KeyState state, Function<Optional<String>, Step> then) {
        return switch (state.kind()) {
            case LIST -> new Step(state, WRONG_TYPE);
            case ABSENT -> then.apply(Optional.empty());
            case STRING -> then.apply(Optional.of(state.text()));
        };
    }

    private static Step ofList(KeyState state, Supplier<Step> then) {
        return state.kind() == KeyState.Kind.STRING ? new Step(state, WRONG_TYPE) : then.get();
    }

    private static Step increment(KeyState state, String text) {
        try {
            var next = Long.toString(Math.addExact(Long.parseLong(text), 1));
            return new Step(KeyState.string(next), next);
        } catch (NumberFormatException | ArithmeticException e) {
            return new Step(state, NO_INTEGER);
        }
    }

    private static Step append(String text, String suffix) {
        var next = text + suffix;
        return new Step(KeyState.string(next), Integer.toString(next.getBytes(UTF_8).length));
    }

    private static Step push(KeyState state, String item) {
        var next = state.withItem(item);
        return new Step(next, Integer.toString(next.items()));
    }
}
