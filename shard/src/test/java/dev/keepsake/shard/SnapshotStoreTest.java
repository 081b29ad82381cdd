package dev.keepsake.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.keepsake.log.FileSystemDisk;
import dev.keepsake.log.ForwardingDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotStoreTest {
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
            var opened = super.open(file);
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
}
