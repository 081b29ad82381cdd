package dev.keepsake.front;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.RecordedCommands;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.resp.Trait;
import org.junit.jupiter.api.Test;

class FrontAnswersTest {
    private static final CommandTable TABLE = RecordedCommands.table();

    private static FrontAnswers allBut(String name) {
        var answers = new FrontAnswers();
        TABLE.all().stream()
                .filter(spec -> spec.handling() == CommandSpec.Handling.FRONT)
                .filter(spec -> !spec.is(Trait.CONTAINER) && !spec.is(Trait.TRACKING))
                .filter(spec -> !spec.name().equals(name))
                .forEach(spec ->
                        answers.bind(
                                spec.name(),
                                (client, given, out) -> RespWriter.simpleString(out, "OK")));
        return answers;
    }

    @Test
    void aRowHasTheAnswerThatIsBoundToIt() {
        var answers = allBut("").checkedAgainst(TABLE);
        assertThat(answers.of(requireNonNull(TABLE.find("role"))))
                .isInstanceOf(FrontAnswer.Known.class);
    }

    @Test
    void aTableWithARowWithoutAnAnswerIsRefused() {
        assertThatThrownBy(() -> allBut("role").checkedAgainst(TABLE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'role'");
    }

    @Test
    void twoAnswersForOneRowAreRefused() {
        var answers = allBut("");
        assertThatThrownBy(() -> answers.bind("role", (client, given, out) -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'role'");
    }
}
