package dev.keepsake.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.keepsake.core.Clock;
import dev.keepsake.core.Secret;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineSpec;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.FileSystemDisk;
import dev.keepsake.log.ForwardingDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotStoreTest {
    private static final Clock CLOCK =
            new Clock() {
                @Override
                public long nowNs() {
                    return 0;
                }

                @Override
                public Instant now() {
                    return Instant.EPOCH;
                }
            };

    @TempDir private Path directory;

    /// What is done to a disk, in order; a force may fail.
    private static final class ToldDisk extends ForwardingDisk {
        private final List<String> told = new ArrayList<>();
        private boolean forcesFail;

        ToldDisk() {
            super(new FileSystemDisk());
        }

        @Override
        public DiskFile open(Path file) throws IOException {
            return told(super.open(file), file);
        }

        @Override
        public DiskFile openExisting(Path file) throws IOException {
            return told(super.openExisting(file), file);
        }

        private DiskFile told(DiskFile opened, Path file) {
            return new DiskFile() {
                @Override
                public long size() throws IOException {
                    return opened.size();
                }

                @Override
                public void read(ByteBuffer into, long position) throws IOException {
                    opened.read(into, position);
                }

                @Override
                public void write(ByteBuffer[] buffers, long position) throws IOException {
                    opened.write(buffers, position);
                }

                @Override
                public void truncate(long size) throws IOException {
                    opened.truncate(size);
                }

                @Override
                public void force() throws IOException {
                    if (forcesFail) {
                        throw new IOException("Eingabe-/Ausgabefehler");
                    }
                    opened.force();
                    told.add("force " + file.getFileName());
                }

                @Override
                public void close() throws IOException {
                    opened.close();
                }
            };
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            super.rename(from, to);
            told.add("rename " + from.getFileName());
        }

        @Override
        public void forceDirectory(Path forced) throws IOException {
            super.forceDirectory(forced);
            told.add("force directory");
        }

        @Override
        public void delete(Path file) throws IOException {
            super.delete(file);
            told.add("delete " + file.getFileName());
        }
    }

    private static Snapshot candidate(SnapshotStore store, long index) throws IOException {
        var file = store.candidate();
        Files.writeString(file, "the data up to " + index);
        return new Snapshot(index, 10 * index, 1, Snapshot.crc32cOf(file), file);
    }

    /// The log before a snapshot is given up as soon as the snapshot is there.
    @Test
    void aSnapshotIsForcedBeforeItHasItsNameAndItsNameBeforeAnythingIsGivenUp() throws IOException {
        var disk = new ToldDisk();
        var store = SnapshotStore.open(disk, directory);
        var first = store.publish(candidate(store, 1));
        assertThat(disk.told)
                .containsExactly("force candidate.tmp", "rename candidate.tmp", "force directory");
        disk.told.clear();
        var second = store.publish(candidate(store, 2));
        assertThat(disk.told)
                .containsExactly(
                        "force candidate.tmp",
                        "rename candidate.tmp",
                        "force directory",
                        "delete " + first.file().getFileName());
        assertThat(SnapshotStore.open(directory).newest()).contains(second);
    }

    @Test
    void aSnapshotThatCannotBeForcedIsNone() throws IOException {
        var disk = new ToldDisk();
        var store = SnapshotStore.open(disk, directory);
        var first = store.publish(candidate(store, 1));
        disk.forcesFail = true;
        var second = candidate(store, 2);
        assertThatIOException().isThrownBy(() -> store.publish(second));
        assertThat(store.newest()).contains(first);
        assertThat(SnapshotStore.open(directory).newest()).contains(first);
    }

    /// Whoever chooses an engine looks at the snapshots of clusters that run.
    @Test
    void lookingAtADirectoryThatIsInUseChangesNothingThere() throws IOException {
        var store = SnapshotStore.open(directory);
        var first = store.publish(candidate(store, 1));
        var older =
                Files.createFile(directory.resolve(new Snapshot(0, 0, 0, 0, directory).fileName()));
        var second = candidate(store, 2);
        assertThat(SnapshotStore.newestIn(directory)).contains(first);
        assertThat(older).exists();
        var published = store.publish(second);
        assertThat(published.file()).hasContent("the data up to 2");
        assertThat(SnapshotStore.newestIn(directory)).contains(published);
    }

    @Test
    void aDirectoryWithoutSnapshotsHasNoNewest() throws IOException {
        Files.createFile(directory.resolve("candidate.tmp"));
        assertThat(SnapshotStore.newestIn(directory)).isEmpty();
    }

    /// An empty file under a name that promises more would be all that is left, for the log before
    /// it is given up.
    @Test
    void aCandidateThatIsGoneIsNotPublishedAndTheSnapshotBeforeItStays() throws IOException {
        var disk = new ToldDisk();
        var store = SnapshotStore.open(disk, directory);
        var first = store.publish(candidate(store, 1));
        disk.told.clear();
        var second = candidate(store, 2);
        Files.delete(second.file());
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> store.publish(second));
        assertThat(disk.told).isEmpty();
        assertStays(store, first);
    }

    @Test
    void aCandidateThatIsNotWhatWasVerifiedIsNotPublishedAndTheSnapshotBeforeItStays()
            throws IOException {
        var store = SnapshotStore.open(directory);
        var first = store.publish(candidate(store, 1));
        var second = candidate(store, 2);
        Files.writeString(second.file(), "the data up to 3"); // as long as before
        assertThatIOException()
                .isThrownBy(() -> store.publish(second))
                .withMessageContaining("candidate.tmp is not the file that was verified");
        assertStays(store, first);
    }

    /// By then another store may have the directory.
    @Test
    void nothingIsPublishedOnceTheSnapshotterIsClosed() throws IOException {
        var store = SnapshotStore.open(directory);
        var first = store.publish(candidate(store, 1));
        var second = candidate(store, 2);
        var run = directory.resolve("run");
        var spec =
                new EngineSpec(
                        "0001", directory.resolve("work"), 0, "u", new Secret("p"), Map.of());
        var program = new EngineBinary(Path.of("redis-server"), "redis", "7.0.15");
        try (var launcher = new EngineLauncher(program, run, CLOCK)) {
            var snapshotter =
                    new Snapshotter(
                            "0001",
                            "id",
                            spec,
                            EngineStamp.ofRelease("redis", "7.0.15"),
                            new MemoryLog(),
                            store,
                            launcher,
                            CLOCK,
                            Thread.ofVirtual().factory());
            snapshotter.close();
            snapshotter.close();
        }
        assertThatIOException()
                .isThrownBy(() -> store.publish(second))
                .withMessageContaining("its shard is closed");
        assertStays(store, first);
    }

    private void assertStays(SnapshotStore store, Snapshot snapshot) throws IOException {
        assertThat(store.newest()).contains(snapshot);
        assertThat(SnapshotStore.newestIn(directory)).contains(snapshot);
        assertThat(Snapshot.crc32cOf(snapshot.file())).isEqualTo(snapshot.fileCrc32c());
    }
}
