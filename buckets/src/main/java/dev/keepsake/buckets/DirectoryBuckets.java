package dev.keepsake.buckets;

import dev.keepsake.log.FileSystemDisk;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;

/// Buckets that are directories. Stored objects are forced to disk.
public final class DirectoryBuckets implements Buckets {
    private static final FileSystemDisk DISK = new FileSystemDisk();

    private final Path directory;

    public DirectoryBuckets(Path directory) {
        this.directory = directory;
    }

    @Override
    public void put(String bucket, String key, Path file) throws IOException {
        var object = objectAt(bucket, key);
        var folder = object.resolveSibling(""); // the parent, which exists
        DISK.makeDirectory(folder);
        FileCopy.forced(file, object);
        DISK.forceDirectory(folder);
    }

    /// Opens an object. The directory of a bucket may be a link that its owner has made, but links
    /// inside a bucket cannot lead out of it.
    @Override
    public FillSource get(String bucket, String key, Path into, Filling filling)
            throws IOException {
        var object = objectAt(bucket, key);
        var folder = directory.resolve(bucket).normalize();
        return new FillSource(
                "Object %s/%s".formatted(bucket, key), () -> open(bucket, key, folder, object));
    }

    private static SeekableByteChannel open(String bucket, String key, Path folder, Path object)
            throws IOException {
        try {
            return FilesBelow.open(folder, object);
        } catch (IOException e) {
            throw new IOException(
                    "Object %s/%s cannot be read; it has to be a regular file of the bucket."
                            .formatted(bucket, key),
                    e);
        }
    }

    @Override
    public void close() {} // there is nothing to give up

    private Path objectAt(String bucket, String key) throws IOException {
        var folder = directory.resolve(bucket).normalize();
        var file = folder.resolve(key).normalize();
        if (!folder.startsWith(directory) || folder.equals(directory) || !file.startsWith(folder)) {
            throw new IOException("%s/%s is not the name of an object.".formatted(bucket, key));
        }
        return file;
    }
}
