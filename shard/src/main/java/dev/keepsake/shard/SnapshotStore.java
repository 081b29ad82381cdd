package dev.keepsake.shard;

import dev.keepsake.log.Disk;
import dev.keepsake.log.FileSystemDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The newest verified snapshot of one shard, in its own directory. Any thread may read; publishing
/// is done by one thread at a time. Only the shard's owner may [#open] the directory, because that
/// deletes files. Other readers use [#newestIn].
///
/// Durability: a snapshot that [#newest] returns has been forced to disk, with its name and its
/// content. Only then is the previous one deleted.
///
/// Decision 4 (docs/decisions) says why a snapshot is a file whose name describes it.
public final class SnapshotStore {
    private static final String CANDIDATE = "candidate.tmp";

    private final Disk disk;
    private final Path directory;
    private volatile @Nullable Snapshot newest;
    private volatile @Nullable Snapshot checked;
    private final ReentrantLock naming = new ReentrantLock();
    private boolean ended; // guarded by naming

    private SnapshotStore(Disk disk, Path directory, @Nullable Snapshot newest) {
        this.disk = disk;
        this.directory = directory;
        this.newest = newest;
    }

    /// Opens the directory. Creates it, private to its owner, if it is missing. Deletes unfinished
    /// files of an earlier process.
    public static SnapshotStore open(Path directory) throws IOException {
        return open(new FileSystemDisk(), directory);
    }

    /// @param disk makes snapshots durable
    static SnapshotStore open(Disk disk, Path directory) throws IOException {
        new FileSystemDisk().makeDirectory(directory);
        Files.deleteIfExists(directory.resolve(CANDIDATE));
        var snapshots = newestFirst(directory);
        for (var older : snapshots.stream().skip(1).toList()) {
            Files.delete(older.file());
        }
        return new SnapshotStore(disk, directory, snapshots.stream().findFirst().orElse(null));
    }

    /// Finds the newest snapshot in a directory that may be in use, and changes nothing there. The
    /// file may be deleted before it is read; then a newer one has replaced it.
    public static Optional<Snapshot> newestIn(Path directory) throws IOException {
        return newestFirst(directory).stream().findFirst();
    }

    private static List<Snapshot> newestFirst(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.flatMap(file -> Snapshot.of(file).stream())
                    .sorted(Comparator.comparingLong(Snapshot::offset).reversed())
                    .toList();
        }
    }

    /// The snapshot that a node starts from.
    public Optional<Snapshot> newest() {
        return Optional.ofNullable(newest);
    }

    /// The snapshot that a node starts from, after its whole file has been read and compared with
    /// its checksum.
    ///
    /// @throws IOException when it is damaged; the message names the file
    Optional<Snapshot> newestChecked() throws IOException {
        var snapshot = newest;
        if (snapshot != null) {
            check(snapshot);
        }
        return Optional.ofNullable(snapshot);
    }

    /// The file to which a snapshot is written before it is verified.
    Path candidate() {
        return directory.resolve(CANDIDATE);
    }

    /// Makes an RDB file the snapshot that a new shard starts from, before its log's first entry.
    /// The file is moved, so it has to be on the same disk.
    ///
    /// @throws IOException when the file cannot be read or moved
    /// @throws IllegalStateException when the shard has a snapshot already
    public Snapshot begin(Path file) throws IOException {
        if (newest != null) {
            throw new IllegalStateException("the shard has a snapshot already in " + directory);
        }
        Files.move(file, candidate(), StandardCopyOption.REPLACE_EXISTING);
        force(candidate());
        return name(new Snapshot(0, 0, 0, Snapshot.crc32cOf(candidate()), candidate()));
    }

    /// Makes a verified candidate the newest snapshot. Its name and content are durable when this
    /// returns, so the log before it may be trimmed.
    ///
    /// @throws IOException when the candidate's file is missing, is not the one that was verified,
    ///   or cannot be made durable, or after [#publishNoMore]; the previous snapshot stays in use
    Snapshot publish(Snapshot candidate) throws IOException {
        force(candidate.file());
        int found = Snapshot.crc32cOf(candidate.file());
        if (found != candidate.fileCrc32c()) {
            throw new IOException(
                    "%s is not the file that was verified: its checksum is %08x, not %08x; it is not used"
                            .formatted(candidate.file(), found, candidate.fileCrc32c()));
        }
        return name(candidate);
    }

    /// Refuses all later calls of [#publish], and waits for one that is renaming a file. The
    /// snapshot can still be read. Idempotent; any thread.
    void publishNoMore() {
        naming.lock();
        try {
            ended = true;
        } finally {
            naming.unlock();
        }
    }

    /// Forces an existing file to disk. A missing file is not created, because an empty snapshot
    /// would replace a complete one.
    private void force(Path file) throws IOException {
        try (var written = disk.openExisting(file)) {
            written.force();
        }
    }

    private Snapshot name(Snapshot candidate) throws IOException {
        naming.lock();
        try {
            if (ended) {
                throw new IOException(
                        "%s gets no snapshot: its shard is closed".formatted(directory));
            }
            return nameUnderLock(candidate);
        } finally {
            naming.unlock();
        }
    }

    private Snapshot nameUnderLock(Snapshot candidate) throws IOException {
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
