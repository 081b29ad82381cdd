package dev.keepsake.cli;

import static dev.keepsake.server.EngineFixture.BUNDLED;
import static dev.keepsake.server.EngineFixture.VALKEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.KnownHole;
import dev.keepsake.fleet.RecordedClusters;
import dev.keepsake.server.EngineFixture;
import dev.keepsake.server.InstallHint;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EngineReportTest {
    private static final InstallHint HINT =
            new InstallHint("Debian GNU/Linux 12 (bookworm)", "sudo apt install x", "By the way.");

    private static EngineReport report(EngineFixture engines, String... rejected) {
        return report(engines, List.of(), rejected);
    }

    private static EngineReport report(
            EngineFixture engines, List<RecordedClusters.Recorded> clusters, String... rejected) {
        return new EngineReport(
                new EngineFinder.Found(engines.engines(), List.of(rejected)),
                false,
                HINT,
                new ClustersOnRecord(Path.of("/data"), clusters, ""));
    }

    @Test
    void itSaysWhatIsWrongAndHowToGetABetterOne() {
        var report =
                report(
                        new EngineFixture().withHoles(BUNDLED, KnownHole.CVE_2025_46818),
                        "/opt/redis-server is version 6.2.14; expected 7.0 or newer");
        assertThat(report.text().lines())
                .containsExactly(
                        "Engines on this machine:",
                        "  redis  7.0.15   bundled      known holes: CVE-2025-46818",
                        "  not usable: /opt/redis-server is version 6.2.14; expected 7.0 or newer",
                        "New clusters run on:",
                        "  redis  6.2: redis 7.0.15, bundled; there is no other",
                        "  redis  7.0: redis 7.0.15, bundled; there is no other",
                        "  redis  7.1: redis 7.0.15, bundled; there is no other",
                        "  valkey 7.2: redis 7.0.15, bundled; there is no other",
                        "  valkey 7.3: redis 7.0.15, bundled; there is no other",
                        "What the holes are:",
                        "  CVE-2025-46818: " + KnownHole.CVE_2025_46818.meaning(),
                        "A better one, for Debian GNU/Linux 12 (bookworm):",
                        "  sudo apt install x",
                        "  (By the way.)",
                        "Run this again behind it: it tells whether that one is sound.");
    }

    @Test
    void whereEveryClusterGetsASoundOneNothingIsToBeDone() {
        var redis = new EngineBinary(Path.of("/usr/bin/redis-server"), "redis", "8.0.4");
        var text =
                report(
                                new EngineFixture()
                                        .sound(VALKEY)
                                        .sound(redis)
                                        .withHoles(BUNDLED, KnownHole.values()))
                        .text();
        assertThat(text.lines())
                .contains(
                        "  valkey 8.1.4    on the PATH  sound: none of the known holes",
                        "         /usr/bin/valkey-server",
                        "  redis  7.0: redis 8.0.4, on the PATH; it is the nearest sound one, or the"
                                + " nearest where none is sound",
                        "  valkey 7.2: valkey 8.1.4, on the PATH; it is the only valkey");
        assertThat(text).doesNotContain("A better one");
    }

    @Test
    void theBundledOneGivesWayToASoundOneOfAnotherName() {
        var text =
                report(new EngineFixture().sound(VALKEY).withHoles(BUNDLED, KnownHole.values()))
                        .text();
        assertThat(text)
                .contains(
                        "redis  7.0: valkey 8.1.4, on the PATH; the bundled redis has known holes")
                .doesNotContain("A better one");
    }

    @Test
    void whatCouldNotBeToldIsNotCalledSound() {
        assertThat(report(new EngineFixture().unknown(VALKEY, "it ends")).text())
                .contains("could not be examined: it ends", "A better one");
        assertThat(
                        report(new EngineFixture().withUndecided(VALKEY, KnownHole.CVE_2024_31449))
                                .text())
                .contains("could not be determined: CVE-2024-31449", "A better one")
                .doesNotContain("sound: none");
    }

    @Test
    void programsReadTheSameAsJson() {
        var json =
                json(
                        report(
                                new EngineFixture()
                                        .sound(VALKEY)
                                        .withHoles(BUNDLED, KnownHole.CVE_2025_46818)));
        assertThat(json.at("/engines/0/name").asString()).isEqualTo("valkey");
        assertThat(json.at("/engines/0/path").asString()).isEqualTo("/usr/bin/valkey-server");
        assertThat(json.at("/engines/0/sound").asBoolean()).isTrue();
        assertThat(json.at("/engines/1/where").asString()).isEqualTo("bundled");
        assertThat(json.at("/engines/1/holes/0").asString()).isEqualTo("CVE-2025-46818");
        assertThat(json.at("/engines/1/rdb_version").asInt()).isEqualTo(11);
        assertThat(json.at("/new_clusters/1/engine_version").asString()).isEqualTo("7.0");
        assertThat(json.at("/new_clusters/1/version").asString()).isEqualTo("8.1.4");
        assertThat(json.at("/better_wanted").asBoolean()).isFalse();
        assertThat(json.at("/better/command").asString()).isEqualTo("sudo apt install x");
    }

    @Test
    void whatTheClustersOfTheDataDirectoryRunOnIsTold() {
        var newer = new EngineBinary(Path.of("/opt/valkey-server"), "valkey", "9.1.2");
        var engines =
                new EngineFixture()
                        .sound(VALKEY)
                        .sound(newer)
                        .withHoles(BUNDLED, KnownHole.CVE_2025_46818);
        var clusters =
                List.of(
                        cluster("holed", "redis", "7.0.15", BUNDLED, BUNDLED),
                        cluster("sound", "valkey", "8.1.4", VALKEY, VALKEY),
                        cluster("upgraded", "valkey", "8.0.1", null, VALKEY),
                        cluster("left", "valkey", "10.0.0", null, null),
                        cluster("new", null, null, null, newer));
        var report = report(engines, clusters);
        assertThat(report.text().lines())
                .containsSubsequence(
                        "Clusters in /data run on:",
                        "  holed (us-east-1, available): redis 7.0.15, bundled; known holes:"
                                + " CVE-2025-46818",
                        "  sound (us-east-1, available): valkey 8.1.4, on the PATH; sound: none of"
                                + " the known holes",
                        "  upgraded (us-east-1, available): valkey 8.0.1, which is not installed;"
                                + " the next start upgrades it to valkey 8.1.4 (sound: none of the"
                                + " known holes)",
                        "  left (us-east-1, available): valkey 10.0.0, which is not installed, and no"
                                + " installed engine can continue from its data: install valkey 10.0.0 or"
                                + " a newer valkey",
                        "  new (us-east-1, available): nothing so far; valkey 9.1.2 would be next");
        var json = json(report).at("/clusters");
        assertThat(json.at("/0/installed").asBoolean()).isTrue();
        assertThat(json.at("/0/sound").asBoolean()).isFalse();
        assertThat(json.at("/1/sound").asBoolean()).isTrue();
        assertThat(json.at("/2/installed").asBoolean()).isFalse();
        assertThat(json.at("/2/next_version").asString()).isEqualTo("8.1.4");
        assertThat(json.at("/3/next_version").isNull()).isTrue();
        assertThat(json.at("/4/engine").isNull()).isTrue();
    }

    private static RecordedClusters.Recorded cluster(
            String name,
            @Nullable String engine,
            @Nullable String version,
            @Nullable EngineBinary here,
            @Nullable EngineBinary next) {
        return new RecordedClusters.Recorded(
                "us-east-1", name, "available", engine, version, here, next);
    }

    private static JsonNode json(EngineReport report) {
        return new JsonMapper().readTree(report.json());
    }
}
