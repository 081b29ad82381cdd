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

/// The newest verified snapshot of one shard, in a directory of its own. Any thread may read; one
/// at a time publishes. Only the shard's owner may [#open] the directory, for that deletes files;
/// everybody else reads with [#newestIn].
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
    private final ReentrantLock naming = new ReentrantLock();
    private boolean ended; // guarded by naming

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
        var snapshots = newestFirst(directory);
        for (var older : snapshots.stream().skip(1).toList()) {
            Files.delete(older.file());
        }
        return new SnapshotStore(disk, directory, snapshots.stream().findFirst().orElse(null));
    }

    /// Finds the newest snapshot in a directory that may be in use. Changes nothing there. The file
    /// may be gone when it is read: a newer one has taken its place then.
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
        force(candidate());
        return name(new Snapshot(0, 0, 0, Snapshot.crc32cOf(candidate()), candidate()));
    }

    /// Makes a verified candidate the newest snapshot. It is durable when this returns, name and
    /// all: the log before it may be given up from then on.
    ///
    /// @throws IOException when the candidate's file is missing, is not the one that was verified,
    ///   or cannot be made durable, or after [#publishNoMore]; the snapshot before it stays in use
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

    /// Refuses every later [#publish], and waits for one that is giving a file its name. What is
    /// here can still be read. Idempotent; any thread.
    void publishNoMore() {
        naming.lock();
        try {
            ended = true;
        } finally {
            naming.unlock();
        }
    }

    /// Makes a file durable that is there. A missing one is not made: an empty snapshot would take
    /// the place of a whole one.
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
