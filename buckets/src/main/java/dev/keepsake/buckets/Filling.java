package dev.keepsake.buckets;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The filling of one cluster: how much may be read for it, and whether it is still wanted. Its
/// thread copies with it; any thread may call [#stop].
///
/// The copied bytes are bounded by what the nodes can hold, and by a margin that stays free on the
/// disk, because the logs of other clusters are on it.
public final class Filling {
    /// The filling has been stopped.
    public static final class StoppedException extends IOException {
        private static final long serialVersionUID = 1;

        StoppedException() {
            super("the filling was stopped, because the cluster is not wanted any more");
        }
    }

    /// Tells how many bytes of a disk are free.
    @FunctionalInterface
    public interface Disk {
        long usableBytes(Path directory);
    }

    public static final Disk REAL = directory -> directory.toFile().getUsableSpace();

    /// How many bytes stay free on the disk.
    public static final long MARGIN_BYTES = 256L << 20;

    private static final int CHUNK_BYTES = 1 << 20;

    private final long maxBytes;
    private final Disk disk;
    private long leftBytes; // owned by the thread that fills
    private volatile boolean stopped;
    private @Nullable Thread waiting; // guarded by this

    /// @param maxBytes the bound for all files together
    public Filling(long maxBytes, Disk disk) {
        this.maxBytes = maxBytes;
        this.disk = disk;
        this.leftBytes = maxBytes;
    }

    /// Ends reading and copying at the next piece, and interrupts waiting for another machine.
    /// Idempotent.
    public synchronized void stop() {
        stopped = true;
        if (waiting != null) {
            waiting.interrupt();
        }
    }

    /// Work that may wait for another machine.
    @FunctionalInterface
    public interface Waiting<T> {
        T get() throws IOException;
    }

    /// Does such work. [#stop] interrupts it.
    public <T> T waitingFor(Waiting<T> work) throws IOException {
        synchronized (this) {
            expectWanted();
            waiting = Thread.currentThread();
        }
        try {
            return work.get();
        } finally {
            synchronized (this) {
                waiting = null;
                if (stopped) {
                    Thread.interrupted(); // the clean-up that follows may have to wait
                }
            }
        }
    }

    /// Checks that the cluster is still wanted.
    ///
    /// @throws StoppedException when [#stop] has been called
    public void expectWanted() throws StoppedException {
        if (stopped) {
            throw new StoppedException();
        }
    }

    /// Starts counting again, because all files are read again for another shard.
    public void beginShard() {
        leftBytes = maxBytes;
    }

    /// Checks that there is room for this many more bytes, in the nodes and on the disk.
    ///
    /// @param name the name of the file, for messages
    /// @param to the path that they are written to
    void expectRoom(String name, long bytes, Path to) throws IOException {
        expectWanted();
        if (bytes > leftBytes) {
            throw new IOException(
                    "%s has %d bytes, but the files that fill a cluster may have %d, for which its nodes have memory; choose a larger NodeType or more shards."
                            .formatted(name, maxBytes - leftBytes + bytes, maxBytes));
        }
        long usableBytes = disk.usableBytes(requireNonNull(to.toAbsolutePath().getParent()));
        if (bytes > usableBytes - MARGIN_BYTES) {
            throw new IOException(
                    "%s has %d bytes, but the disk of the server has %d, of which %d stay free; make room on it."
                            .formatted(name, bytes, usableBytes, MARGIN_BYTES));
        }
    }

    /// Copies a file. The length that it reports is used for the check of the room only: if more
    /// bytes come, they count against the bounds, too.
    public void copy(FillSource source, Path to) throws IOException {
        expectWanted();
        Files.deleteIfExists(to);
        try (var from = source.open();
                var written =
                        FileChannel.open(
                                to,
                                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                                PosixFilePermissions.asFileAttribute(
                                        PosixFilePermissions.fromString("rw-------")))) {
            expectRoom(source.name(), from.size(), to);
            copy(source.name(), from, written, to);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(to);
            throw e;
        }
    }

    private void copy(String name, ReadableByteChannel from, FileChannel written, Path to)
            throws IOException {
        var chunk = ByteBuffer.allocate(CHUNK_BYTES);
        while (from.read(chunk) >= 0) {
            chunk.flip();
            expectRoom(name, chunk.remaining(), to);
            leftBytes -= chunk.remaining();
            while (chunk.hasRemaining()) {
                written.write(chunk);
            }
            chunk.clear();
        }
    }
}
