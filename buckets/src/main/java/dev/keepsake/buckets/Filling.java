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

/// One cluster that is being filled: how much may be read for it, and whether it is still wanted.
/// Its thread copies with it; [#stop] may come from any other.
///
/// What is copied is bounded by what the nodes can hold, and leaves the disk some room: logs of
/// other clusters are on it.
public final class Filling {
    /// The cluster is not wanted any more.
    public static final class StoppedException extends IOException {
        private static final long serialVersionUID = 1;

        StoppedException() {
            super("the cluster is not wanted any more");
        }
    }

    /// How much of a disk is free.
    @FunctionalInterface
    public interface Disk {
        long usableBytes(Path directory);
    }

    public static final Disk REAL = directory -> directory.toFile().getUsableSpace();

    /// What stays free on the disk.
    public static final long MARGIN_BYTES = 256L << 20;

    private static final int CHUNK_BYTES = 1 << 20;

    private final long maxBytes;
    private final Disk disk;
    private long leftBytes; // of the thread that fills
    private volatile boolean stopped;
    private @Nullable Thread waiting; // guarded by this

    /// @param maxBytes what all files together may have
    public Filling(long maxBytes, Disk disk) {
        this.maxBytes = maxBytes;
        this.disk = disk;
        this.leftBytes = maxBytes;
    }

    /// Makes whatever is being read or copied end at its next piece, and ends what waits for
    /// another machine. Idempotent.
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

    /// Does such work, which [#stop] interrupts.
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
                    Thread.interrupted(); // what follows cleans up, and has to be able to wait
                }
            }
        }
    }

    /// Expects that the cluster is still wanted.
    ///
    /// @throws StoppedException when it is not
    public void expectWanted() throws StoppedException {
        if (stopped) {
            throw new StoppedException();
        }
    }

    /// All files are read from the beginning again, for another shard.
    public void beginShard() {
        leftBytes = maxBytes;
    }

    /// Expects that there is room for so many bytes more, in the nodes and on the disk.
    ///
    /// @param name of what they are in
    /// @param to where they are to be put
    void expectRoom(String name, long bytes, Path to) throws IOException {
        expectWanted();
        if (bytes > leftBytes) {
            throw new IOException(
                    "%s has %d bytes, and the files that fill a cluster may have %d, as its nodes have memory for; choose a larger NodeType or more shards."
                            .formatted(name, maxBytes - leftBytes + bytes, maxBytes));
        }
        long usableBytes = disk.usableBytes(requireNonNull(to.toAbsolutePath().getParent()));
        if (bytes > usableBytes - MARGIN_BYTES) {
            throw new IOException(
                    "%s has %d bytes, and the disk of the server has %d, of which %d stay free; make room on it."
                            .formatted(name, bytes, usableBytes, MARGIN_BYTES));
        }
    }

    /// Copies a file. What it says of its length is expected to be true, and not believed: no more
    /// than the bounds admit is copied, whatever comes.
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
