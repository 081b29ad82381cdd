package dev.keepsake.fleet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.Create;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.Engines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterEnginesTest {
    private static final EngineBinary OLDER =
            new EngineBinary(Path.of("/bin/older"), "valkey", "8.1.1");
    private static final EngineBinary NEWER =
            new EngineBinary(Path.of("/bin/newer"), "valkey", "9.1.2");
    private static final String EARLIER = snapshot(10);
    private static final String NEWEST = snapshot(20);
    private static final String CANDIDATE = "candidate.tmp";

    private final ClusterSpec cluster =
            Create.spec(
                    Create.with(create -> {
                        create.engine = "valkey";
                        create.engineVersion = "7.2";
                    }),
                    "us-east-1",
                    Instant.EPOCH,
                    new SplittableRandom(1));

    @TempDir private Path data;
    private Path snapshots;

    private static String snapshot(long offset) {
        return "%020d-%020d-%016x-%08x.rdb".formatted(offset, 1, 0, 0);
    }

    @BeforeEach
    void makeDirectory() throws IOException {
        snapshots =
                Files.createDirectories(
                        new ClusterDirectories(data)
                                .snapshotsOf(cluster.id(), cluster.shards().getFirst()));
    }

    /// An engine is chosen for clusters that run, too: when their program was replaced.
    @Test
    void choosingLeavesASnapshotThatIsBeingTakenAsItIs() throws IOException {
        Files.writeString(snapshots.resolve(EARLIER), "earlier");
        Files.writeString(snapshots.resolve(NEWEST), "newest");
        Files.writeString(snapshots.resolve(CANDIDATE), "being taken");
        assertThat(choice()).isInstanceOf(EngineChoice.Chosen.class);
        try (var files = Files.list(snapshots)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(EARLIER, NEWEST, CANDIDATE);
        }
        assertThat(snapshots.resolve(CANDIDATE)).hasContent("being taken");
    }

    @Test
    void theNewestSnapshotSaysWhichEngineIsNeeded() throws IOException {
        writeHeader(EARLIER, "REDIS0011\u00fa\nvalkey-ver\u00058.1.1");
        assertThat(chosen()).isEqualTo(OLDER);
        writeHeader(NEWEST, "VALKEY080\u00fa\nvalkey-ver\u00059.1.2");
        assertThat(chosen()).isEqualTo(NEWER);
    }

    private void writeHeader(String file, String bytes) throws IOException {
        Files.writeString(snapshots.resolve(file), bytes, ISO_8859_1);
    }

    private EngineBinary chosen() throws IOException {
        return ((EngineChoice.Chosen) choice()).engine().binary();
    }

    private EngineChoice choice() throws IOException {
        var engines =
                new ClusterEngines(
                        new Engines(List.of(OLDER, NEWER)),
                        new EngineRule(Optional.empty(), "install one"),
                        _ -> {},
                        new ClusterDirectories(data));
        return engines.choose(
                new ClusterState(
                        cluster,
                        ClusterState.Status.AVAILABLE,
                        null,
                        "8.1.1",
                        null,
                        null,
                        null,
                        null,
                        Set.of(),
                        Map.of(),
                        "valkey",
                        null));
    }
}
