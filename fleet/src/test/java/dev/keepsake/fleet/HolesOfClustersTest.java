package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.EngineSight;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.KnownHole;
import dev.keepsake.resp.RespValue;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// A cluster that stays on an engine with known holes is named in a warning at its start, unless
/// another one has said it all.
class HolesOfClustersTest {
    private static final EngineBinary REDIS = engine("redis", "7.0.15");
    private static final EngineBinary HOLED = engine("valkey", "8.0.1");
    private static final EngineBinary SOUND = engine("valkey", "8.1.1");

    private static EngineBinary engine(String name, String version) {
        return new EngineBinary(Path.of("/bin/" + version), name, version);
    }

    private static EngineFacts facts(EngineBinary engine, KnownHole... holes) {
        return new EngineFacts(
                engine, "0", new RespValue.ArrayReply(List.of()), 11, Set.of(holes), Set.of());
    }

    private static StampedEngine stamped(EngineBinary engine, KnownHole... holes) {
        return StampedEngine.of(engine, Optional.of(facts(engine, holes)));
    }

    private static Optional<String> wayOut(
            StampedEngine engine, @Nullable StampedEngine sounder, boolean isSaid) {
        return ClusterStart.wayOutOfHoles(new EngineChoice.Chosen(engine, sounder), isSaid);
    }

    @Test
    void whatNoOtherWarningNamesIsNamedWhetherOrNotThereIsASounderOne() {
        var holed = stamped(HOLED, KnownHole.CVE_2025_46818);
        assertThat(wayOut(holed, null, false))
                .hasValue(
                        "no engine here that can continue from its data is known to have none of"
                                + " them: './keepsake engine' explains how to get a better one");
        assertThat(wayOut(holed, stamped(SOUND), false))
                .hasValueSatisfying(text ->
                        assertThat(text)
                                .startsWith("valkey 8.1.1 is here too and has none of them")
                                .contains("--engine /bin/8.1.1", "no way back"));
    }

    @Test
    void whatIsSaidIsNotSaidAgainExceptWithAWayOut() {
        var holed = stamped(HOLED, KnownHole.CVE_2025_46818);
        assertThat(wayOut(holed, null, true)).isEmpty();
        assertThat(wayOut(holed, stamped(SOUND), true)).isPresent();
        assertThat(wayOut(stamped(SOUND), null, false)).isEmpty();
    }

    /// A start warns of what new clusters get.
    @Test
    void aStartHasWarnedOfWhatNewClustersGet() {
        var facts =
                Map.of(
                        REDIS, facts(REDIS, KnownHole.values()),
                        HOLED, facts(HOLED, KnownHole.CVE_2025_46818),
                        SOUND, facts(SOUND));
        var all = List.of(REDIS, HOLED, SOUND);
        var engines =
                new ClusterEngines(
                        new Engines(all, facts),
                        new EngineRule(Optional.empty(), "apt install x"),
                        _ -> {},
                        new ClusterDirectories(Path.of("/data")));
        assertThat(all).filteredOn(engines::isWarnedOf).containsExactly(REDIS, SOUND);
        engines.learn(HOLED, new EngineSight.Examined(facts(HOLED, KnownHole.values())));
        assertThat(engines.isWarnedOf(HOLED)).isTrue();
    }
}
