package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.Trait;
import java.util.HashMap;
import java.util.Map;

/// The answers of the front, by the rows of the command table that the front answers. Owned by the
/// node's event loop.
final class FrontAnswers {
    private final Map<String, FrontAnswer> byName = new HashMap<>();

    /// Answers from what the front knows.
    void bind(String name, FrontAnswer.Writer writer) {
        bindClosing(
                name,
                (client, given, out) -> {
                    writer.write(client, given, out);
                    return true;
                });
    }

    /// Answers as with [#bind], and may close the connection.
    void bindClosing(String name, FrontAnswer.Known answer) {
        bindAnswer(name, answer);
    }

    /// Binds any kind of answer.
    void bindAnswer(String name, FrontAnswer answer) {
        if (byName.put(name, answer) != null) {
            throw new IllegalStateException("'%s' has two answers".formatted(name));
        }
    }

    /// Fails when a row of the table is answered by the front, and no answer is bound to it.
    ///
    /// @return this
    FrontAnswers checkedAgainst(CommandTable table) {
        for (var spec : table.all()) {
            boolean elsewhere = spec.is(Trait.CONTAINER) || spec.is(Trait.TRACKING);
            if (spec.handling() == CommandSpec.Handling.FRONT
                    && !elsewhere
                    && !byName.containsKey(spec.name())) {
                throw new IllegalStateException(
                        "the front answers '%s' by commands.tsv, but no answer is bound to it"
                                .formatted(spec.name()));
            }
        }
        return this;
    }

    /// The answer that is bound to one of those rows.
    FrontAnswer of(CommandSpec spec) {
        var answer = byName.get(spec.name());
        if (answer == null) {
            throw new IllegalStateException("no answer is bound to " + spec.name());
        }
        return answer;
    }
}
