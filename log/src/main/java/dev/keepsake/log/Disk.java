package dev.keepsake.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/// The files of a log, as far as a log needs them. Handed in, so that a test can lose unforced
/// bytes, fill up, or fail.
public interface Disk {
    /// Makes the directory, if it is missing, durably and private to its owner, and takes it for
    /// this process.
    ///
    /// @throws IOException when another process holds it; the message says so
    AutoCloseable claimDirectory(Path directory) throws IOException;

    /// The names of the files in `directory`, sorted.
    List<String> list(Path directory) throws IOException;

    /// Opens a file for reading and writing; makes it, private to its owner, if it is missing. One
    /// that cannot be opened is not made either.
    DiskFile open(Path file) throws IOException;

    /// Opens a file that is there, for reading and writing. Makes none.
    ///
    /// @throws java.nio.file.NoSuchFileException when it is missing
    DiskFile openExisting(Path file) throws IOException;

    /// Gives a file another name in its directory, at once in the place of a file that has that
    /// name already. Open files stay open.
    void rename(Path from, Path to) throws IOException;

    /// Deletes the file, if it is there.
    void delete(Path file) throws IOException;

    /// Makes the creation and deletion of the directory's files durable.
    void forceDirectory(Path directory) throws IOException;

    /// How many bytes can still be written in `directory`, as far as its file system tells; quotas
    /// and file systems that find room late may know better.
    long usableBytes(Path directory) throws IOException;

    /// One open file. Reads may run beside writes.
    interface DiskFile extends AutoCloseable {
        long size() throws IOException;

        /// Fills `into` from `position` on, as far as the file goes.
        void read(ByteBuffer into, long position) throws IOException;

        /// The `length` bytes at `position`, which nobody changes any more, so that they need not
        /// be copied where the disk can do without. Fewer when the file ends before.
        default ByteBuffer view(long position, int length) throws IOException {
            var bytes = ByteBuffer.allocate(length);
            read(bytes, position);
            return bytes.flip();
        }

        /// Writes all buffers, one after the other, at `position`. Not durable before [#force].
        void write(ByteBuffer[] buffers, long position) throws IOException;

        void truncate(long size) throws IOException;

        /// Makes everything written so far durable.
        void force() throws IOException;

        @Override
        void close() throws IOException;
    }
}
