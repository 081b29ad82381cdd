package dev.keepsake.shard;

import dev.keepsake.log.Disk;
import dev.keepsake.log.FileSystemDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The newest verified snapshot of one shard, in a directory of its own. Any thread may read; one
/// at a time publishes.
///
/// Durability: a snapshot that [#newest] returns has been forced to disk, name and content. The one
/// before it is deleted only then.
///
/// Decision 4 (docs/decisions) says why a snapshot is a file whose name describes it.
public final class SnapshotStore {
    private static final String CANDIDATE = "candidate.tmp";

    private final Disk disk;
    private final Path directory;
    private volatile @Nullable Snapshot newest;
    private volatile @Nullable Snapshot checked;

    private SnapshotStore(Disk disk, Path directory, @Nullable Snapshot newest) {
        this.disk = disk;
        this.directory = directory;
        this.newest = newest;
    }

    /// Opens the directory, which is made, private to its owner, if it is missing. What an earlier
    /// process left unfinished is deleted.
    public static SnapshotStore open(Path directory) throws IOException {
        return open(new FileSystemDisk(), directory);
    }

    /// @param disk what makes snapshots durable
    static SnapshotStore open(Disk disk, Path directory) throws IOException {
        new FileSystemDisk().makeDirectory(directory);
        Files.deleteIfExists(directory.resolve(CANDIDATE));
        Snapshot newest = null;
        try (var files = Files.list(directory)) {
            var snapshots =
                    files.flatMap(file -> Snapshot.of(file).stream())
                            .sorted(Comparator.comparingLong(Snapshot::offset).reversed())
                            .toList();
            for (var snapshot : snapshots) {
                if (newest == null) {
                    newest = snapshot;
                } else {
                    Files.delete(snapshot.file());
                }
            }
        }
        return new SnapshotStore(disk, directory, newest);
    }

    /// What a node starts from.
    public Optional<Snapshot> newest() {
        return Optional.ofNullable(newest);
    }

    /// What a node starts from, after it has been read once and found whole.
    ///
    /// @throws IOException when it is damaged; the message names the file
    Optional<Snapshot> newestChecked() throws IOException {
        var snapshot = newest;
        if (snapshot != null) {
            check(snapshot);
        }
        return Optional.ofNullable(snapshot);
    }

    /// Where a snapshot is written to before it is verified.
    Path candidate() {
        return directory.resolve(CANDIDATE);
    }

    /// Makes an RDB file what a new shard begins with, before its log's first entry. The file is
    /// moved from where it is, which has to be on the same disk.
    ///
    /// @throws IOException when the file cannot be read or moved
    /// @throws IllegalStateException when the shard has a snapshot already
    public Snapshot begin(Path file) throws IOException {
        if (newest != null) {
            throw new IllegalStateException("shard has begun already in " + directory);
        }
        Files.move(file, candidate(), StandardCopyOption.REPLACE_EXISTING);
        return publish(new Snapshot(0, 0, 0, Snapshot.crc32cOf(candidate()), candidate()));
    }

    /// Makes a verified candidate the newest snapshot. It is durable when this returns, name and
    /// all: the log before it may be given up from then on.
    Snapshot publish(Snapshot candidate) throws IOException {
        try (var written = disk.open(candidate.file())) {
            written.force();
        }
        var file = directory.resolve(candidate.fileName());
        disk.rename(candidate.file(), file);
        disk.forceDirectory(directory);
        var published =
                new Snapshot(
                        candidate.nextIndex(),
                        candidate.offset(),
                        candidate.checksum(),
                        candidate.fileCrc32c(),
                        file);
        var before = newest;
        newest = published;
        checked = published;
        if (before != null && !before.file().equals(file)) {
            disk.delete(before.file());
        }
        return published;
    }

    private void check(Snapshot snapshot) throws IOException {
        if (snapshot.equals(checked)) {
            return;
        }
        int found = Snapshot.crc32cOf(snapshot.file());
        if (found != snapshot.fileCrc32c()) {
            throw new IOException(
                    "snapshot %s is damaged: its checksum is %08x, not %08x; restore the file, nothing was changed"
                            .formatted(snapshot.file(), found, snapshot.fileCrc32c()));
        }
        checked = snapshot;
    }
}
