package dev.keepsake.resp;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TraitTest {
    private static final CommandTable TABLE = RecordedCommands.table();

    static List<String> engines() {
        return RecordedCommands.engines();
    }

    @Test
    void isWrittenInWords() {
        assertThat(Trait.KEEPS_RESULT.word()).isEqualTo("keeps-result");
        assertThat(Trait.of("pfcount", List.of("keeps-result", "script=1")))
                .containsExactly(Trait.KEEPS_RESULT);
    }

    @Test
    void scriptsAreKnownByTheirNameToo() {
        assertThat(Trait.of("fcall_later", List.of())).containsExactly(Trait.SCRIPT);
        assertThat(Trait.of("evalsha_later", List.of())).containsExactly(Trait.SCRIPT);
        assertThat(Trait.of("get", List.of())).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Trait.class)
    void someRowHasIt(Trait trait) {
        assertThat(TABLE.all()).anyMatch(spec -> spec.is(trait));
    }

    /// A word that means nothing would be a row that does not do what it says.
    @Test
    void everyWordOfTheTableMeansSomething() {
        var known = new HashSet<>(Set.of("replica"));
        Arrays.stream(Trait.values()).map(Trait::word).forEach(known::add);
        var unknown =
                CommandRow.all().values().stream()
                        .flatMap(row -> row.traits().stream())
                        .filter(word -> !word.contains("="))
                        .filter(word -> !known.contains(word))
                        .collect(Collectors.toSet());
        assertThat(unknown).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("engines")
    void helpIsKnownByItsName(String engine) {
        assertThat(RecordedCommands.table(engine).all())
                .allMatch(spec -> spec.name().endsWith("|help") == spec.is(Trait.HELP));
    }

    /// What is said of a transaction or of subscriptions is about one client's lane.
    @ParameterizedTest
    @MethodSource("engines")
    void whatChangesTheConnectionHasALaneOfItsOwn(String engine) {
        for (var spec : RecordedCommands.table(engine).all()) {
            boolean changes =
                    spec.changesSubscriptions()
                            || spec.is(Trait.MULTI)
                            || spec.is(Trait.EXEC)
                            || spec.is(Trait.DISCARD)
                            || spec.is(Trait.WATCH)
                            || spec.is(Trait.UNWATCH);
            if (changes) {
                assertThat(spec.handling())
                        .as(spec.name())
                        .isEqualTo(CommandSpec.Handling.OWN_LANE);
            }
        }
    }

    @Test
    void whatMayReplicateIsHeldBackByAPauseOfWrites() {
        assertThat(List.of("set", "eval", "publish", "spublish", "pfcount"))
                .allMatch(name -> requireNonNull(TABLE.find(name)).mayReplicate());
        assertThat(List.of("get", "dbsize", "ping", "eval_ro", "fcall_ro"))
                .noneMatch(name -> requireNonNull(TABLE.find(name)).mayReplicate());
    }
}
