package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.CreateClusterRequest;
import dev.keepsake.core.Term;
import dev.keepsake.log.EmbeddedLog;
import dev.keepsake.log.EmbeddedLogOptions;
import dev.keepsake.log.MemoryDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ControlJournalTest {
    private static final Path DIRECTORY = Path.of("/control");
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    private final MemoryDisk disk = new MemoryDisk();
    private final List<String> faults = new ArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private int changes;

    @AfterEach
    void closeAll() throws Exception {
        for (var each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void whatWasDecidedIsThereAfterARestart() throws Exception {
        var journal = open();
        create(journal, "one");
        create(journal, "two");
        assertThat(changes).isEqualTo(2);
        journal.close();

        assertThat(names(open())).containsExactly("one", "two");
    }

    @Test
    void aRefusedCallChangesNothing() throws Exception {
        var journal = open();
        create(journal, "one");
        assertThatThrownBy(() -> create(journal, "one")).hasMessageContaining("already exists");
        assertThat(changes).isEqualTo(1);
        assertThat(names(journal)).containsExactly("one");
    }

    @Test
    void withoutRoomNothingIsDecidedAndLaterEverythingIsAgain() throws Exception {
        var journal = open();
        create(journal, "one");
        disk.capacityBytes(0);
        assertThatThrownBy(() -> create(journal, "two"))
                .isInstanceOf(ControlUnavailableException.class)
                .hasMessageContaining("nothing was changed")
                .hasMessageContaining(DIRECTORY.toString());
        assertThat(names(journal)).containsExactly("one");
        disk.capacityBytes(Long.MAX_VALUE);
        create(journal, "two");
        assertThat(names(journal)).containsExactly("one", "two");
        assertThat(faults).isEmpty();
    }

    @Test
    void anUnknownOutcomeStopsTheControlPlaneUntilARestart() throws Exception {
        var journal = open();
        create(journal, "one");
        disk.failForces(true);
        assertThatThrownBy(() -> create(journal, "two"))
                .isInstanceOf(ControlUnavailableException.class)
                .hasMessageContaining("unknown");
        assertThatThrownBy(() -> create(journal, "three"))
                .isInstanceOf(ControlUnavailableException.class)
                .hasMessageContaining("has to be restarted");
        assertThat(names(journal)).containsExactly("one");
        assertThat(faults).isNotEmpty();
        journal.close();
        disk.failForces(false);

        assertThat(names(open())).contains("one").doesNotContain("three");
    }

    @Test
    void aJournalThatIsTakenOverDecidesNothingMore() throws Exception {
        var log = log();
        var journal = open(log);
        create(journal, "one");
        log.claim("another", log.tail().index()).toCompletableFuture().get();
        assertThatThrownBy(() -> create(journal, "two"))
                .isInstanceOf(ControlUnavailableException.class)
                .hasMessageContaining("another took over in term " + new Term(2).number());
        assertThat(names(journal)).containsExactly("one");
    }

    private EmbeddedLog log() throws IOException {
        var log =
                EmbeddedLog.open(
                        DIRECTORY,
                        disk.mount(),
                        EmbeddedLogOptions.standard(),
                        Thread.ofPlatform().daemon().factory(),
                        (what, cause) -> faults.add(what));
        opened.add(log);
        return log;
    }

    private ControlJournal open() throws IOException {
        return open(log());
    }

    private ControlJournal open(EmbeddedLog log) throws IOException {
        var state = new ControlState();
        return ControlJournal.open(
                log,
                state,
                new ControlPlane(state),
                (what, cause) -> faults.add(what),
                () -> changes++);
    }

    private static void create(ControlJournal journal, String name) {
        journal.decide(plane ->
                plane.createCluster(request(name), "us-east-1", NOW, RandomGenerator.getDefault()));
    }

    private static CreateClusterRequest request(String name) {
        return new CreateClusterRequest(
                name,
                "db.t4g.small",
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                "open-access",
                null,
                null,
                null,
                null,
                null,
                null);
    }

    private static List<String> names(ControlJournal journal) {
        return journal.read(ControlState::clusters).stream()
                .map(cluster -> cluster.spec().id().name())
                .toList();
    }
}
