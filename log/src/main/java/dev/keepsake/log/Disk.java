package dev.keepsake.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/// The file operations that a log needs. A log gets its disk through the constructor, so that a
/// test can lose unforced bytes, fill the disk up, or let it fail.
public interface Disk {
    /// Locks a directory for this process. Creates the directory first if it is missing: durably,
    /// and private to its owner.
    ///
    /// @return the lock; closing it releases the directory
    /// @throws IOException when another process, or another log of this one, holds the lock; the
    ///   message says so
    AutoCloseable lockDirectory(Path directory) throws IOException;

    /// The names of the files in `directory`, sorted.
    List<String> list(Path directory) throws IOException;

    /// Opens a file for reading and writing. Creates the file if it is missing, private to its
    /// owner. A call that fails leaves no new file behind.
    DiskFile open(Path file) throws IOException;

    /// Opens an existing file for reading and writing.
    DiskFile openExisting(Path file) throws IOException;

    /// Gives a file another name in its directory, in one atomic step. A file that has this name
    /// already is replaced. Open files stay open.
    void rename(Path from, Path to) throws IOException;

    /// Deletes the file, if it exists.
    void delete(Path file) throws IOException;

    /// Makes the creation and deletion of the directory's files durable.
    void forceDirectory(Path directory) throws IOException;

    /// How many bytes can still be written in `directory`, according to its file system. The true
    /// number may be smaller: there are quotas, and file systems that allocate late.
    long usableBytes(Path directory) throws IOException;

    /// One open file. Reads may run beside writes.
    interface DiskFile extends AutoCloseable {
        long size() throws IOException;

        /// Reads the bytes from `position` on into `into`, until `into` is full or the file ends.
        void read(ByteBuffer into, long position) throws IOException;

        /// The `length` bytes at `position`. The caller knows that they no longer change, so a disk
        /// may return a view instead of a copy. The result is shorter when the file ends before.
        default ByteBuffer view(long position, int length) throws IOException {
            var bytes = ByteBuffer.allocate(length);
            read(bytes, position);
            return bytes.flip();
        }

        /// Writes all buffers, one after the other, at `position`. They are durable only after
        /// [#force].
        void write(ByteBuffer[] buffers, long position) throws IOException;

        void truncate(long size) throws IOException;

        /// Makes everything written so far durable.
        void force() throws IOException;

        @Override
        void close() throws IOException;
    }
}
