package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// A command that an engine could describe in its reply to `COMMAND`, piece by piece.
final class DescribedCommand {
    private final List<RespValue> columns = new ArrayList<>();
    private final List<RespValue> keySpecifications = new ArrayList<>();
    private final List<RespValue> subcommands = new ArrayList<>();

    DescribedCommand(String name, long arity, String... flags) {
        columns.add(text(name));
        columns.add(new RespValue.IntegerReply(arity));
        columns.add(words(flags));
        columns.add(new RespValue.IntegerReply(0));
        columns.add(new RespValue.IntegerReply(0));
        columns.add(new RespValue.IntegerReply(0));
        columns.add(words());
        columns.add(words());
    }

    /// Keys from one argument on, up to another.
    DescribedCommand keys(long index, long last, long step, String... flags) {
        return keys(
                step("index", "index", index),
                step("range", "lastkey", last, "keystep", step, "limit", 0),
                flags);
    }

    DescribedCommand keys(RespValue begin, RespValue find, String... flags) {
        keySpecifications.add(
                array(
                        text("notes"),
                        text("a note"),
                        text("flags"),
                        words(flags),
                        text("begin_search"),
                        begin,
                        text("find_keys"),
                        find));
        return this;
    }

    DescribedCommand with(DescribedCommand subcommand) {
        subcommands.add(subcommand.row());
        return this;
    }

    /// The same with another thing in one place.
    RespValue rowWith(int column, RespValue other) {
        var items = new ArrayList<>(((RespValue.ArrayReply) row()).items());
        items.set(column, other);
        return new RespValue.ArrayReply(items);
    }

    RespValue row() {
        var all = new ArrayList<>(columns);
        all.add(new RespValue.ArrayReply(keySpecifications));
        all.add(new RespValue.ArrayReply(subcommands));
        return new RespValue.ArrayReply(all);
    }

    /// The table of an engine that has these commands alone.
    static CommandTable table(DescribedCommand... commands) {
        return CommandTable.of(
                array(Stream.of(commands).map(DescribedCommand::row).toArray(RespValue[]::new)));
    }

    /// One of the two steps of a key specification.
    ///
    /// @param fields names and numbers in turn
    static RespValue step(String type, Object... fields) {
        var spec =
                Stream.of(fields)
                        .map(field ->
                                field instanceof Number number
                                        ? new RespValue.IntegerReply(number.longValue())
                                        : text(field.toString()))
                        .toArray(RespValue[]::new);
        return array(text("type"), text(type), text("spec"), array(spec));
    }

    static RespValue array(RespValue... items) {
        return new RespValue.ArrayReply(List.of(items));
    }

    static RespValue text(String text) {
        return new RespValue.Bulk(text.getBytes(UTF_8));
    }

    private static RespValue words(String... words) {
        return array(Stream.of(words).map(RespValue.SimpleString::new).toArray(RespValue[]::new));
    }
}
