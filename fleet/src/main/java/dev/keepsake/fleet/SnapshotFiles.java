package dev.keepsake.fleet;

import dev.keepsake.buckets.Buckets;
import dev.keepsake.buckets.FileCopy;
import dev.keepsake.buckets.FillSource;
import dev.keepsake.buckets.Filling;
import dev.keepsake.control.ClusterSnapshot;
import dev.keepsake.control.Restore;
import dev.keepsake.control.SnapshotId;
import dev.keepsake.control.SnapshotShard;
import dev.keepsake.log.FileSystemDisk;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where the files of clusters' snapshots are: a directory for each snapshot with one RDB file a
/// shard, and buckets. Stateless; every method blocks.
///
/// Durability: a snapshot's directory has its name only once everything in it has been forced.
final class SnapshotFiles {
    private static final FileSystemDisk DISK = new FileSystemDisk();
    private static final Pattern OBJECT = Pattern.compile("arn:aws:s3:::([^/]+)/(.+)");

    private final Path directory;
    private final Buckets buckets;
    private final CallerFiles callerFiles;

    SnapshotFiles(Path dataDirectory, Buckets buckets, CallerFiles callerFiles) {
        this.directory = dataDirectory.resolve("snapshots");
        this.buckets = buckets;
        this.callerFiles = callerFiles;
    }

    /// Where a snapshot's files are.
    Path of(SnapshotId id) {
        return directory.resolve(id.region()).resolve(id.name() + "-" + id.incarnation());
    }

    /// Where a snapshot's files are put until all are there. Empty.
    Path unfinished(SnapshotId id) throws IOException {
        var unfinished = of(id).resolveSibling(of(id).getFileName() + ".tmp");
        Trees.delete(unfinished);
        DISK.makeDirectory(unfinished);
        return unfinished;
    }

    /// Makes an unfinished snapshot's files the snapshot's.
    void finish(SnapshotId id) throws IOException {
        var finished = of(id);
        var unfinished = finished.resolveSibling(finished.getFileName() + ".tmp");
        DISK.forceDirectory(unfinished);
        Trees.delete(finished);
        Files.move(unfinished, finished, StandardCopyOption.ATOMIC_MOVE);
        DISK.forceDirectory(directory.resolve(id.region()));
    }

    /// Copies all files of a snapshot for another one.
    List<SnapshotShard> copy(ClusterSnapshot from, SnapshotId to) throws IOException {
        var unfinished = unfinished(to);
        for (var shard : from.shards()) {
            String file = shard.name() + ".rdb";
            FileCopy.forced(of(from.id()).resolve(file), unfinished.resolve(file));
        }
        finish(to);
        return from.shards();
    }

    /// Puts all files of a snapshot into a bucket, as NAME-SHARD.rdb.
    void export(SnapshotId id, List<SnapshotShard> shards, String bucket) throws IOException {
        for (var shard : shards) {
            buckets.put(
                    bucket,
                    "%s-%s.rdb".formatted(id.name(), shard.name()),
                    of(id).resolve(shard.name() + ".rdb"));
        }
    }

    /// Gives up what is under way in buckets.
    void close() {
        buckets.close();
    }

    void delete(SnapshotId id) throws IOException {
        Trees.delete(of(id).resolveSibling(of(id).getFileName() + ".tmp"));
        Trees.delete(of(id));
    }

    /// What a new cluster is filled with.
    ///
    /// @param downloads where objects may be put that are not files yet
    /// @throws IOException when one cannot be read; the message names it
    List<FillSource> sourcesOf(Restore restore, Path downloads, Filling filling)
            throws IOException {
        var sources = new ArrayList<FillSource>();
        if (restore.snapshot() != null) {
            for (var shard : restore.shards()) {
                String file = shard.name() + ".rdb";
                sources.add(
                        FillSource.ofOurs(
                                "File %s of snapshot %s".formatted(file, restore.from()),
                                of(restore.snapshot()).resolve(file)));
            }
        }
        for (String address : restore.files()) {
            var object = OBJECT.matcher(address);
            sources.add(
                    object.matches()
                            ? buckets.get(
                                    object.group(1),
                                    object.group(2),
                                    downloads.resolve(sources.size() + ".rdb"),
                                    filling)
                            : callerFiles.at(address));
        }
        return sources;
    }

    /// Trees of files.
    static final class Trees {
        private Trees() {}

        /// Deletes a directory with all that is in it. There need not be one.
        static void delete(Path tree) throws IOException {
            if (!Files.exists(tree)) {
                return;
            }
            Files.walkFileTree(tree, new Deleting());
        }

        /// What goes by itself meanwhile, as the files of an engine that ends do, is gone too.
        private static final class Deleting extends SimpleFileVisitor<Path> {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                    throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
                    throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        }
    }
}
