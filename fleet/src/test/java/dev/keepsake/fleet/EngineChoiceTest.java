package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ClusterState;
import dev.keepsake.control.Create;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.KnownHole;
import dev.keepsake.resp.RespValue;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineChoiceTest {
    private static final List<EngineStamp> NOTHING = List.of();

    private static EngineStamp stamp(String release) {
        var words = release.split(" ", 2);
        return EngineStamp.ofRelease(words[0], words[1]);
    }

    private static EngineBinary program(String path, String release) {
        var words = release.split(" ", 2);
        return new EngineBinary(Path.of(path), words[0], words[1]);
    }

    /// Engines in that order of preference, each in a place of its own, of which nothing is known.
    private static Engines installed(String... releases) {
        return new Engines(
                Arrays.stream(releases).map(each -> program("/bin/" + each, each)).toList());
    }

    private static EngineFacts facts(EngineBinary engine, int rdbVersion, KnownHole... holes) {
        return new EngineFacts(
                engine,
                "0",
                new RespValue.ArrayReply(List.of()),
                rdbVersion,
                Set.of(holes),
                Set.of());
    }

    /// A cluster that has asked for an engine, and has run on another, if on any.
    private static ClusterState cluster(
            String asked, @Nullable String engine, @Nullable String patchVersion) {
        var words = asked.split(" ", 2);
        var request =
                Create.with(create -> {
                    create.engine = words[0];
                    create.engineVersion = words[1];
                });
        var spec = Create.spec(request, "us-east-1", Instant.EPOCH, new SplittableRandom(1));
        return new ClusterState(
                spec,
                patchVersion == null ? ClusterState.Status.CREATING : ClusterState.Status.AVAILABLE,
                null,
                patchVersion,
                null,
                null,
                null,
                null,
                Set.of(),
                Map.of(),
                engine,
                null);
    }

    private static EngineChoice of(
            ClusterState cluster, List<EngineStamp> writers, Engines engines) {
        return EngineChoice.of(cluster, writers, NOTHING, engines);
    }

    private static String choice(
            ClusterState cluster, List<EngineStamp> writers, String... installed) {
        return switch (of(cluster, writers, installed(installed))) {
            case EngineChoice.Chosen(var engine, _) -> engine.stamp().toString();
            case EngineChoice.Missing(var needed) -> "needs " + needed;
        };
    }

    @Test
    void aNewClusterRunsOnWhatComesNearestToWhatItAskedFor() {
        var engines = new String[] {"valkey 8.1.1", "redis 8.0.2", "redis 7.0.15"};
        assertThat(choice(cluster("redis 7.1", null, null), NOTHING, engines))
                .isEqualTo("redis 7.0.15");
        assertThat(choice(cluster("valkey 7.2", null, null), NOTHING, engines))
                .isEqualTo("valkey 8.1.1");
    }

    @Test
    void aClusterStaysOnTheRecordedEngineWhateverElseIsOnThePath() {
        var recorded = cluster("redis 7.0", "redis", "7.0.15");
        assertThat(choice(recorded, NOTHING, "valkey 9.1.2", "redis 8.0.2", "redis 7.0.15"))
                .isEqualTo("redis 7.0.15");
        var asked = cluster("valkey 7.2", "redis", "7.0.15"); // when there was no Valkey yet
        assertThat(choice(asked, NOTHING, "valkey 7.2.6", "redis 7.0.15"))
                .isEqualTo("redis 7.0.15");
        var between = cluster("redis 7.1", "redis", "7.0.15");
        assertThat(choice(between, NOTHING, "redis 7.2.4", "redis 7.0.15"))
                .isEqualTo("redis 7.0.15");
        var newer = cluster("redis 7.0", "redis", "8.0.2");
        assertThat(choice(newer, NOTHING, "redis 7.0.15", "redis 8.0.2")).isEqualTo("redis 8.0.2");
    }

    @Test
    void ofTwoCopiesOfTheRecordedEngineThatWithoutHolesIsTakenAndElseThePreferredOne() {
        var recorded = cluster("redis 7.0", "redis", "7.0.15");
        var one = program("/usr/bin/one", "redis 7.0.15");
        var two = program("/data/two", "redis 7.0.15");
        var holes = facts(one, 10, KnownHole.values());
        assertThat(binary(of(recorded, NOTHING, new Engines(List.of(one, two))))).isEqualTo(one);
        assertThat(
                        binary(
                                of(
                                        recorded,
                                        NOTHING,
                                        new Engines(
                                                List.of(one, two),
                                                Map.of(one, holes, two, facts(two, 10))))))
                .isEqualTo(two);
    }

    /// Each copy of the recorded version is sound, has holes, left a probe unanswered, or was not
    /// examined, of which nobody knows either.
    @ParameterizedTest
    @CsvSource({
        "unexamined, sound",
        "undecided,     sound",
        "holes,      sound",
        "holes,      undecided",
        "holes,      unexamined",
    })
    void ofTwoCopiesTheOneWithLessDoubtIsTakenInWhateverOrder(String worse, String better) {
        var recorded = cluster("redis 7.0", "redis", "7.0.15");
        var one = program("/usr/bin/one", "redis 7.0.15");
        var two = program("/data/two", "redis 7.0.15");
        var facts = new HashMap<EngineBinary, EngineFacts>();
        known(one, worse).ifPresent(found -> facts.put(one, found));
        known(two, better).ifPresent(found -> facts.put(two, found));
        for (var order : List.of(List.of(one, two), List.of(two, one))) {
            assertThat(binary(of(recorded, NOTHING, new Engines(order, facts))))
                    .as("of %s", order)
                    .isEqualTo(two);
        }
    }

    /// As a distribution brings the fix of a hole: the program of the recorded version is upgraded,
    /// and the bundled one is all that is left of that version. Each engine is written `name
    /// version known`; `bundled` is Redis 7.0.15.
    @ParameterizedTest
    @CsvSource({
        // A sound patch release of the version before the bundled program with known holes.
        "redis 7.0.15, bundled holes; redis 7.0.16 sound, redis 7.0.16",
        "redis 7.0.15, bundled holes; redis 7.0.17 sound; redis 7.0.16 sound, redis 7.0.16",
        "redis 7.0.15, bundled holes; redis 7.0.16 holes; redis 7.0.17 sound, redis 7.0.17",
        "redis 7.0.14, bundled holes; redis 7.0.16 sound, redis 7.0.16",
        // The version that is recorded, if a program of it is sound.
        "redis 7.0.15, bundled holes; redis 7.0.15 sound; redis 7.0.16 sound, redis 7.0.15",
        "redis 7.0.15, bundled sound; redis 7.0.16 sound, bundled",
        // There is no way back from a newer one: not for one that may have holes too.
        "redis 7.0.15, bundled holes; redis 7.0.16 undecided, bundled",
        "redis 7.0.15, bundled holes; redis 7.0.16 unexamined, bundled",
        // Nor for another version, which has other commands.
        "redis 7.0.15, bundled holes; redis 7.2.4 sound, bundled",
        "redis 7.0.15, bundled holes; redis 70.0.1 sound, bundled",
        "redis 7.0.15, bundled holes; valkey 8.1.1 sound, bundled",
        // Somebody has installed what is not bundled, and left it there.
        "redis 7.0.15, redis 7.0.15 holes; redis 7.0.16 sound, redis 7.0.15",
        // What cannot continue from the data is not considered.
        "redis 7.0.16, bundled holes; redis 7.0.16 sound, redis 7.0.16",
    })
    void aSoundPatchReleaseIsPreferredToTheBundledProgramWithHoles(
            String recorded, String installed, String chosen) {
        var bundled = new EngineBinary(Path.of("/data/bin/redis"), "redis", "7.0.15", true);
        var facts = new HashMap<EngineBinary, EngineFacts>();
        var all = new ArrayList<EngineBinary>();
        for (var each : installed.split("; ", -1)) {
            int end = each.lastIndexOf(' ');
            var release = each.substring(0, end);
            var engine =
                    release.equals("bundled") ? bundled : program("/usr/bin/" + release, release);
            all.add(engine);
            known(engine, each.substring(end + 1)).ifPresent(found -> facts.put(engine, found));
        }
        var ran = recorded.split(" ", -1);
        var cluster = cluster("redis 7.0", ran[0], ran[1]);
        for (var order : List.of(all, all.reversed())) {
            assertThat(binary(of(cluster, NOTHING, new Engines(order, facts))))
                    .isEqualTo(
                            chosen.equals("bundled")
                                    ? bundled
                                    : program("/usr/bin/" + chosen, chosen));
        }
    }

    private static Optional<EngineFacts> known(EngineBinary engine, String what) {
        var hole = Set.of(KnownHole.CVE_2025_46818);
        return what.equals("unexamined")
                ? Optional.empty()
                : Optional.of(
                        new EngineFacts(
                                engine,
                                "0",
                                new RespValue.ArrayReply(List.of()),
                                10,
                                what.equals("holes") ? hole : Set.of(),
                                what.equals("undecided") ? hole : Set.of()));
    }

    private static EngineBinary binary(EngineChoice choice) {
        return ((EngineChoice.Chosen) choice).engine().binary();
    }

    /// As an engine said when it was examined, not as one thinks of its release.
    @Test
    void whatAnEngineWritesIsWhatItWasSeenToWrite() {
        var custom = program("/opt/redis", "redis 7.2.4");
        var engines = new Engines(List.of(custom), Map.of(custom, facts(custom, 13)));
        assertThat(of(cluster("redis 7.1", null, null), NOTHING, engines))
                .isEqualTo(
                        new EngineChoice.Chosen(
                                new StampedEngine(
                                        custom, new EngineStamp("redis", "7.2.4", 13), ""),
                                null));
    }

    /// Whoever is told of holes and installs a better engine has not moved the clusters to it.
    @Test
    void aClusterThatStaysOnAnEngineWithHolesNamesASoundOneThatCouldGoOn() {
        var holed = program("/bin/old", "redis 7.0.15");
        var near = program("/bin/near", "valkey 8.0.1");
        var sound = program("/bin/sound", "valkey 8.1.1");
        var newer = program("/bin/newer", "valkey 9.1.2");
        var facts =
                Map.of(
                        holed, facts(holed, 10, KnownHole.values()),
                        near, facts(near, 11, KnownHole.CVE_2025_46818),
                        sound, facts(sound, 11),
                        newer, facts(newer, 80));
        var recorded = cluster("redis 7.0", "redis", "7.0.15");
        assertThat(sounder(recorded, new Engines(List.of(holed, near, sound, newer), facts)))
                .isEqualTo(sound);
        assertThat(sounder(recorded, new Engines(List.of(holed, near), facts))).isNull();
        // Nobody knows whether one has holes that was not examined.
        assertThat(
                        sounder(
                                recorded,
                                new Engines(
                                        List.of(holed, sound),
                                        Map.of(holed, facts(holed, 10, KnownHole.values())))))
                .isNull();
        // What cannot go on with the data is no way out.
        var onNewer = cluster("valkey 7.2", "valkey", "8.0.1");
        assertThat(
                        sounder(
                                onNewer,
                                new Engines(
                                        List.of(near, program("/bin/r", "redis 8.0.2")), facts)))
                .isNull();
        // Who has none needs none.
        var onSound = cluster("valkey 7.2", "valkey", "8.1.1");
        assertThat(sounder(onSound, new Engines(List.of(sound, newer), facts))).isNull();
    }

    /// Nothing asks whether the cluster is to be moved: its own engine is not run any more.
    @Test
    void whereOnlySoundOnesAreRunAClusterMovesToTheNearestSoundOneAndNotBack() {
        var holed = program("/bin/old", "redis 7.0.15");
        var near = program("/bin/near", "valkey 8.0.1");
        var sound = program("/bin/sound", "valkey 8.1.1");
        var newer = program("/bin/newer", "valkey 9.1.2");
        var all =
                new Engines(
                        List.of(newer, holed, near, sound),
                        Map.of(
                                holed, facts(holed, 10, KnownHole.values()),
                                near, facts(near, 11, KnownHole.CVE_2025_46818),
                                sound, facts(sound, 11),
                                newer, facts(newer, 80)));
        var strictly = new EngineRule(Optional.of("strictly"), "apt install x").applyTo(all);
        var recorded = cluster("redis 7.0", "redis", "7.0.15");
        assertThat(binary(of(recorded, NOTHING, all))).isEqualTo(holed);
        assertThat(binary(of(recorded, NOTHING, strictly))).isEqualTo(sound);
        // As it is recorded behind that start.
        var moved = cluster("redis 7.0", "valkey", "8.1.1");
        assertThat(binary(of(moved, NOTHING, all))).isEqualTo(sound);
        assertThat(choice(moved, NOTHING, "redis 7.0.15", "valkey 8.0.1"))
                .isEqualTo("needs valkey 8.1.1");
    }

    private static @Nullable EngineBinary sounder(ClusterState cluster, Engines engines) {
        var chosen = (EngineChoice.Chosen) of(cluster, NOTHING, engines);
        return chosen.sounder() == null ? null : chosen.sounder().binary();
    }

    @Test
    void withoutTheRecordedEngineTheNearestNewerOneIsTaken() {
        var recorded = cluster("valkey 7.2", "valkey", "8.0.1");
        assertThat(choice(recorded, NOTHING, "valkey 9.1.2", "valkey 8.1.1", "redis 8.0.2"))
                .isEqualTo("valkey 8.1.1");
        assertThat(choice(recorded, NOTHING, "valkey 10.0.0", "valkey 9.1.2"))
                .isEqualTo("valkey 9.1.2");
    }

    @Test
    void aNewerEngineOfItsOwnNameIsPreferredToAnotherThatCanGoOnToo() {
        var recorded = cluster("redis 7.0", "redis", "7.0.15");
        assertThat(choice(recorded, NOTHING, "valkey 7.2.6", "redis 8.0.2"))
                .isEqualTo("redis 8.0.2");
        assertThat(choice(recorded, NOTHING, "valkey 9.1.2", "valkey 8.0.1"))
                .isEqualTo("valkey 8.0.1");
    }

    @Test
    void anOlderEngineIsNotTaken() {
        assertThat(choice(cluster("valkey 7.2", "valkey", "9.1.2"), NOTHING, "valkey 8.0.1"))
                .isEqualTo("needs valkey 9.1.2");
        assertThat(choice(cluster("redis 7.0", "redis", "7.0.15"), NOTHING, "redis 7.0.14"))
                .isEqualTo("needs redis 7.0.15");
        assertThat(choice(cluster("valkey 7.2", "valkey", "8.0.1"), NOTHING, "redis 8.0.2"))
                .isEqualTo("needs valkey 8.0.1");
        assertThat(choice(cluster("redis 7.0", "redis", "8.0.2"), NOTHING, "valkey 9.1.2"))
                .isEqualTo("needs redis 8.0.2");
    }

    @Test
    void whatTheDataSayCountsAsMuchAsWhatIsRecorded() {
        var recorded = cluster("redis 7.0", "redis", "7.0.15");
        var writers = List.of(stamp("redis 7.0.15"), stamp("valkey 8.0.1"));
        assertThat(choice(recorded, writers, "redis 7.0.15")).isEqualTo("needs valkey 8.0.1");
        assertThat(choice(recorded, writers, "redis 7.0.15", "redis 8.0.2", "valkey 8.1.1"))
                .isEqualTo("valkey 8.1.1");
        var restored = cluster("redis 7.0", null, null);
        assertThat(choice(restored, List.of(stamp("redis 8.0.2")), "redis 7.0.15", "redis 8.0.2"))
                .isEqualTo("redis 8.0.2");
    }

    @Test
    void whatEarlierBuildsRecordedOfTheVersionAloneIsKnownByIt() {
        assertThat(choice(cluster("valkey 7.2", null, "7.0.15"), NOTHING, "valkey 8.0.1"))
                .as("Redis's, for no Valkey is as old")
                .isEqualTo("valkey 8.0.1");
        assertThat(
                        choice(
                                cluster("redis 7.0", null, "8.1.1"),
                                NOTHING,
                                "redis 7.0.15",
                                "valkey 8.1.1"))
                .as("who has that version")
                .isEqualTo("valkey 8.1.1");
        assertThat(choice(cluster("valkey 7.2", null, "8.1.1"), NOTHING, "redis 7.0.15"))
                .as("what was asked for")
                .isEqualTo("needs valkey 8.1.1");
    }

    /// A file of its own says the version of the release; only the log knows better.
    @Test
    void aReleaseCandidateGoesOnWithItsOwnSnapshots() {
        var recorded = cluster("valkey 7.2", "valkey", "9.0.0-rc1");
        var file = List.of(stamp("valkey 9.0.0"));
        assertThat(EngineChoice.of(recorded, NOTHING, file, installed("valkey 9.0.0-rc1")))
                .isInstanceOf(EngineChoice.Chosen.class);
        assertThat(EngineChoice.of(recorded, file, NOTHING, installed("valkey 9.0.0-rc1")))
                .isEqualTo(new EngineChoice.Missing(stamp("valkey 9.0.0")));
        assertThat(EngineChoice.of(recorded, NOTHING, file, installed("valkey 8.1.1")))
                .isEqualTo(new EngineChoice.Missing(stamp("valkey 9.0.0")));
    }

    @Test
    void whereNoneMayBeRunANewClusterLacksWhatItAsksFor() {
        var holed = program("/bin/old", "redis 7.0.15");
        var rule = new EngineRule(Optional.of("strictly"), "apt install x");
        var none =
                rule.applyTo(
                        new Engines(
                                List.of(holed),
                                Map.of(holed, facts(holed, 10, KnownHole.values()))));
        assertThat(of(cluster("redis 7.0", null, null), NOTHING, none))
                .isEqualTo(new EngineChoice.Missing(stamp("redis 7.0")));
        assertThat(of(cluster("redis 7.0", "redis", "7.0.15"), NOTHING, none))
                .isEqualTo(new EngineChoice.Missing(stamp("redis 7.0.15")));
    }
}
