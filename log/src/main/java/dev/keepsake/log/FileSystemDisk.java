package dev.keepsake.log;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/// The machine's own file system. New files are private to their owner, on file systems that know
/// owners.
public final class FileSystemDisk implements Disk {
    private static final String LOCK = "lock";

    @Override
    public AutoCloseable lockDirectory(Path directory) throws IOException {
        makeDirectory(directory);
        var channel = channel(directory.resolve(LOCK));
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // another log of this process holds the lock
        }
        channel.close();
        throw new IOException(
                "%s is in use by another log; end the process that uses it, or choose another directory"
                        .formatted(directory));
    }

    /// Creates a directory and the missing ones above it: durably, and private to their owner.
    public void makeDirectory(Path directory) throws IOException {
        makeAbsolute(directory.toAbsolutePath());
    }

    /// Creates a directory. It is durable once the directory above it has been forced.
    private void makeAbsolute(Path directory) throws IOException {
        var parent = directory.getParent();
        if (parent == null || Files.isDirectory(directory)) {
            return;
        }
        makeAbsolute(parent);
        Files.createDirectories(directory, permissions(directory, "rwx------"));
        forceDirectory(parent);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        boolean isNew = Files.notExists(file);
        var channel = channel(file);
        try {
            return opened(file, channel);
        } catch (IOException e) {
            if (isNew) {
                Files.delete(file);
            }
            throw e;
        }
    }

    @Override
    public DiskFile openExisting(Path file) throws IOException {
        return opened(
                file, FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    private static DiskFile opened(Path file, FileChannel channel) throws IOException {
        try {
            return new OpenFile(file, channel, new RandomAccessFile(file.toFile(), "r"));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }

    private static FileChannel channel(Path file) throws IOException {
        return FileChannel.open(
                file,
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE),
                permissions(file, "rw-------"));
    }

    private static FileAttribute<?>[] permissions(Path path, String permissions) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /// One open file, with two file descriptors.
    ///
    /// @param channel used by the writer alone
    /// @param reads used by readers. A thread that is interrupted while it uses a channel closes
    ///   the channel for all users, and a reader must not be able to stop the writer
    private record OpenFile(Path path, FileChannel channel, RandomAccessFile reads)
            implements DiskFile {
        @Override
        public long size() throws IOException {
            return reads.length();
        }

        @Override
        public void read(ByteBuffer into, long position) throws IOException {
            var bytes = new byte[into.remaining()];
            int length = 0;
            synchronized (reads) {
                reads.seek(position);
                while (length < bytes.length) {
                    int count = reads.read(bytes, length, bytes.length - length);
                    if (count < 0) {
                        break;
                    }
                    length += count;
                }
            }
            into.put(bytes, 0, length);
        }

        /// The bytes as a memory-mapped view, which costs neither heap nor direct memory: the
        /// system loads and drops the pages. It uses a channel of its own, for the same reason as
        /// `reads`.
        @Override
        public ByteBuffer view(long position, int length) throws IOException {
            try (var mapped = FileChannel.open(path, StandardOpenOption.READ)) {
                long there = Math.clamp(mapped.size() - position, 0, length);
                return mapped.map(FileChannel.MapMode.READ_ONLY, position, there);
            }
        }

        @Override
        public void write(ByteBuffer[] buffers, long position) throws IOException {
            channel.position(position);
            long missing = 0;
            for (var buffer : buffers) {
                missing += buffer.remaining();
            }
            while (missing > 0) {
                missing -= channel.write(buffers);
            }
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public void force() throws IOException {
            channel.force(false);
        }

        @Override
        public void close() throws IOException {
            try (reads) {
                channel.close();
            }
        }
    }
}
