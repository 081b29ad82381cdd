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

/// The files of clusters' snapshots: a directory for each snapshot with one RDB file for each
/// shard, and buckets. Stateless; every method blocks.
///
/// Durability: the directory of a snapshot gets its name only after everything in it has been
/// forced.
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

    /// The directory of a snapshot's files.
    Path of(SnapshotId id) {
        return directory.resolve(id.region()).resolve(id.name() + "-" + id.incarnation());
    }

    /// An empty directory for a snapshot's files, until all of them are there.
    Path unfinished(SnapshotId id) throws IOException {
        var unfinished = of(id).resolveSibling(of(id).getFileName() + ".tmp");
        Trees.delete(unfinished);
        DISK.makeDirectory(unfinished);
        return unfinished;
    }

    /// Makes the unfinished directory the snapshot's.
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

    /// Copies all files of a snapshot into a bucket, as NAME-SHARD.rdb.
    void export(SnapshotId id, List<SnapshotShard> shards, String bucket) throws IOException {
        for (var shard : shards) {
            buckets.put(
                    bucket,
                    "%s-%s.rdb".formatted(id.name(), shard.name()),
                    of(id).resolve(shard.name() + ".rdb"));
        }
    }

    /// Ends transfers from and to buckets.
    void close() {
        buckets.close();
    }

    void delete(SnapshotId id) throws IOException {
        Trees.delete(of(id).resolveSibling(of(id).getFileName() + ".tmp"));
        Trees.delete(of(id));
    }

    /// The files that a new cluster is filled with.
    ///
    /// @param downloads the directory for objects that have to be downloaded first
    /// @throws IOException when a file cannot be read; the message names it
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

    /// Deletes trees of files.
    static final class Trees {
        private Trees() {}

        /// Deletes a directory and everything in it, if it exists.
        static void delete(Path tree) throws IOException {
            if (!Files.exists(tree)) {
                return;
            }
            Files.walkFileTree(tree, new Deleting());
        }

        /// Skips files that disappear meanwhile, such as those of an engine that ends.
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
