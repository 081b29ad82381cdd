package dev.keepsake.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RespValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EnginesTest {
    private static EngineBinary engine(String name, String version) {
        return new EngineBinary(Path.of("/" + name + version), name, version);
    }

    @ParameterizedTest
    @CsvSource({
        "redis,  7.0, redis,  7.0.15",
        "redis,  7.1, redis,  7.0.15",
        "redis,  6.2, redis,  7.0.15",
        "valkey, 7.2, valkey, 7.2.6",
        "valkey, 7.3, valkey, 7.2.6",
        "valkey, 7.9, valkey, 7.2.6",
        "valkey, 8.0, valkey, 8.1.0",
    })
    void theNameCountsBeforeTheVersionAndThenTheNearest(
            String name, String version, String chosenName, String chosenVersion) {
        var engines =
                new Engines(
                        List.of(
                                engine("valkey", "8.1.0"),
                                engine("redis", "7.4.2"),
                                engine("redis", "7.0.15"),
                                engine("valkey", "7.2.6")));
        assertThat(engines.nearest(name, version)).isEqualTo(engine(chosenName, chosenVersion));
    }

    @ParameterizedTest
    @CsvSource({"redis, 7.1, 7.2.4", "redis, 7.0, 7.0.15", "valkey, 7.2, 7.2.4"})
    void theNewerIsTakenOfTwoAsNearAndAnotherNameWhenThereIsNone(
            String name, String version, String chosenVersion) {
        var engines = new Engines(List.of(engine("redis", "7.0.15"), engine("redis", "7.2.4")));
        assertThat(engines.nearest(name, version)).isEqualTo(engine("redis", chosenVersion));
    }

    private static final EngineBinary BUNDLED = engine("redis", "7.0.15").bundled();

    /// What is known of an engine: its holes, or `?` for one of which that could not be told.
    private static EngineFacts facts(EngineBinary engine, String known) {
        var hole = Set.of(KnownHole.CVE_2025_46818);
        return new EngineFacts(
                engine,
                "",
                new RespValue.ArrayReply(List.of()),
                10,
                known.equals("holes") ? hole : Set.of(),
                known.equals("?") ? hole : Set.of());
    }

    /// Each engine is written `name version known`; `bundled` is Redis 7.0.15.
    @ParameterizedTest
    @CsvSource({
        // The bundled one is for those who have no sound one, of whatever name.
        "redis 7.0, bundled holes; valkey 8.1.1 sound, valkey 8.1.1",
        "redis 7.0, bundled holes; valkey 8.1.1 holes, bundled",
        "redis 7.0, bundled holes; valkey 8.1.1 ?, bundled",
        "redis 7.0, bundled sound; valkey 8.1.1 sound, bundled",
        "redis 7.0, bundled holes; redis 8.0.2 sound, redis 8.0.2",
        "redis 7.0, bundled holes; redis 7.0.15 sound, redis 7.0.15",
        // Otherwise the name comes first: what is not bundled was installed by somebody.
        "valkey 7.2, valkey 7.2.4 holes; redis 8.0.2 sound, valkey 7.2.4",
        // Then what is known, then the version.
        "valkey 7.2, valkey 7.2.4 holes; valkey 9.0.0 sound, valkey 9.0.0",
        "valkey 7.2, valkey 7.2.4 ?; valkey 9.0.0 sound, valkey 9.0.0",
        "valkey 7.2, valkey 7.2.4 holes; valkey 9.0.0 ?, valkey 9.0.0",
        "valkey 7.2, valkey 7.2.4 sound; valkey 9.0.0 sound, valkey 7.2.4",
        "valkey 7.2, valkey 7.2.4 holes; valkey 9.0.0 holes, valkey 7.2.4",
    })
    void aSoundEngineIsPreferred(String wanted, String installed, String chosen) {
        var facts = new HashMap<EngineBinary, EngineFacts>();
        for (var each : installed.split("; ", -1)) {
            var words = each.split(" ", -1);
            var engine = words.length == 2 ? BUNDLED : engine(words[0], words[1]);
            facts.put(engine, facts(engine, words[words.length - 1]));
        }
        var expected = chosen.split(" ", -1);
        for (var order : List.of(true, false)) {
            var all = new ArrayList<>(facts.keySet());
            all.sort(Comparator.comparing(EngineBinary::path));
            var engines = new Engines(order ? all : all.reversed(), facts);
            assertThat(engines.nearest(wanted.split(" ", -1)[0], wanted.split(" ", -1)[1]))
                    .isEqualTo(
                            chosen.equals("bundled") ? BUNDLED : engine(expected[0], expected[1]));
        }
    }

    @Test
    void oneThatIsGoneIsNotOfferedAndMayComeBack() {
        var one = engine("valkey", "8.1.1");
        var two = engine("redis", "7.0.15");
        var both = new Engines(List.of(one, two), Map.of(one, facts(one, "sound")));
        var left = both.with(one, new EngineSight.Gone(one, "is not a file"));
        assertThat(left.all()).containsExactly(two);
        assertThat(left.facts()).isEmpty();
        assertThat(left.gone()).containsExactly(Map.entry(one, "is not a file"));
        assertThat(left.nearest("valkey", "8.1")).isEqualTo(two);
        assertThat(left.at(one.path())).contains(one);

        var none = left.with(two, new EngineSight.Gone(two, "is version 6.2.0"));
        assertThat(none.all()).isEmpty();
        assertThat(none.nearest("redis", "7.0")).as("so that it can be named").isEqualTo(two);

        var newer = new EngineBinary(one.path(), "valkey", "8.1.2");
        var back = none.with(one, new EngineSight.Examined(facts(newer, "sound")));
        assertThat(back.all()).containsExactly(newer);
        assertThat(back.factsOf(newer)).isPresent();
        assertThat(back.gone()).containsOnlyKeys(two);
        assertThat(back.at(one.path())).contains(newer);
    }

    @Test
    void oneThatIsFoundLaterComesBeforeTheBundledOneAndWhatIsKnownStays() {
        var one = engine("valkey", "8.1.1");
        var two = engine("valkey", "9.0.0");
        var known =
                new Engines(
                        List.of(BUNDLED),
                        Map.of(BUNDLED, facts(BUNDLED, "holes")),
                        Map.of(),
                        Map.of(one, "could not be examined"));
        var more = known.with(new EngineSight.Examined(facts(two, "sound")));
        assertThat(more.all()).containsExactly(one, two, BUNDLED);
        assertThat(more.isSound(two)).isTrue();
        assertThat(more.hasHoles(BUNDLED)).isTrue();
        assertThat(more.excluded()).as("it is decided anew").isEmpty();
        var unexamined = known.with(new EngineSight.Unexamined(two, "it ended"));
        assertThat(unexamined.all()).contains(two);
        assertThat(unexamined.whyUnexamined(two)).isEqualTo("it ended");
    }

    @Test
    void someOfThemKeepWhatIsKnown() {
        var sound = engine("valkey", "8.1.1");
        var engines =
                new Engines(
                        List.of(sound, BUNDLED),
                        Map.of(BUNDLED, facts(BUNDLED, "holes"), sound, facts(sound, "sound")));
        var left = engines.only(each -> !engines.hasHoles(each)).orElseThrow();
        assertThat(left.all()).containsExactly(sound);
        assertThat(left.factsOf(sound)).isPresent();
        assertThat(left.factsOf(BUNDLED)).isEmpty();
        assertThat(engines.only(each -> false)).isEmpty();
    }
}
