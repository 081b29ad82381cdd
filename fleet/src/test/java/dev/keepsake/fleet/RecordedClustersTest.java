package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ClusterState;
import dev.keepsake.control.Create;
import dev.keepsake.control.EngineRelease;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.Engines;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What `keepsake engine` shows of a cluster.
class RecordedClustersTest {
    private static final EngineBinary REDIS = engine("redis", "7.0.15");
    private static final EngineBinary VALKEY = engine("valkey", "8.1.1");

    private static EngineBinary engine(String name, String version) {
        return new EngineBinary(Path.of("/bin/" + version), name, version);
    }

    private static RecordedClusters.Recorded recorded(
            @Nullable EngineRelease needed, EngineBinary ranOn, EngineBinary... installed) {
        var cluster =
                new ClusterState(
                        Create.spec(
                                Create.named("demo"),
                                "us-east-1",
                                Instant.EPOCH,
                                new SplittableRandom(1)),
                        ClusterState.Status.AVAILABLE,
                        null,
                        ranOn.version(),
                        null,
                        null,
                        null,
                        null,
                        Set.of(),
                        Map.of(),
                        ranOn.name(),
                        needed);
        return RecordedClusters.recorded(cluster, new Engines(List.of(installed)));
    }

    @Test
    void theNextStartTakesTheRecordedEngine() {
        var shown = recorded(null, REDIS, VALKEY, REDIS);
        assertThat(shown.status()).isEqualTo("available");
        assertThat(shown.next()).isEqualTo(REDIS);
    }

    /// Its log says more than what is recorded as its engine.
    @Test
    void aRefusedClusterStaysRefusedUntilTheEngineThatItNeedsIsHere() {
        var needed = new EngineRelease("valkey", "8.0.1");
        var shown = recorded(needed, REDIS, REDIS);
        assertThat(shown.status()).isEqualTo("restore-failed");
        assertThat(shown.version()).isEqualTo("7.0.15");
        assertThat(shown.here()).isEqualTo(REDIS);
        assertThat(shown.next()).isNull();
        assertThat(recorded(needed, REDIS, REDIS, VALKEY).next()).isEqualTo(VALKEY);
    }

    /// What it needs is known by a file then, which names no stage.
    @Test
    void aReleaseCandidateGoesOnWithItsOwnFile() {
        var candidate = engine("valkey", "9.0.0-rc1");
        var needed = new EngineRelease("valkey", "9.0.0");
        assertThat(recorded(needed, candidate, VALKEY).next()).isNull();
        assertThat(recorded(needed, candidate, VALKEY, candidate).next()).isEqualTo(candidate);
    }
}
