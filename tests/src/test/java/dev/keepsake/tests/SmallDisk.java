package dev.keepsake.tests;

import dev.keepsake.log.FileSystemDisk;
import dev.keepsake.log.ForwardingDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The machine's disk, which can be made full (writes that make a file longer fail then, as they do
/// on a file system without space, on a machine that does not speak English) or partly read-only.
final class SmallDisk extends ForwardingDisk {
    private final AtomicBoolean full = new AtomicBoolean();
    private final AtomicBoolean fullInPlace = new AtomicBoolean();
    private final AtomicReference<@Nullable Path> readOnly = new AtomicReference<>();

    SmallDisk() {
        super(new FileSystemDisk());
    }

    void full(boolean isFull) {
        full.set(isFull);
    }

    /// As on a file system that writes elsewhere what it changes: no write has room.
    void fullEvenInPlace(boolean isFull) {
        fullInPlace.set(isFull);
    }

    /// From now on nothing in the directory can be opened for writing, as a log opens everything.
    void readOnly(Path directory) {
        readOnly.set(directory);
    }

    /// Everything can be opened again.
    void writable() {
        readOnly.set(null);
    }

    @Override
    public long usableBytes(Path of) throws IOException {
        return full.get() || fullInPlace.get() ? 0 : super.usableBytes(of);
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        var unwritable = readOnly.get();
        if (unwritable != null && file.startsWith(unwritable)) {
            throw new FileSystemException(file.toString(), null, "Read-only file system");
        }
        var opened = super.open(file);
        return new DiskFile() {
            @Override
            public long size() throws IOException {
                return opened.size();
            }

            @Override
            public void read(ByteBuffer into, long position) throws IOException {
                opened.read(into, position);
            }

            @Override
            public void write(ByteBuffer[] buffers, long position) throws IOException {
                long bytes = Arrays.stream(buffers).mapToLong(ByteBuffer::remaining).sum();
                boolean grows = position + bytes > opened.size();
                if (fullInPlace.get() || (full.get() && grows)) {
                    throw new IOException("Auf dem Gerät ist kein Speicherplatz mehr verfügbar");
                }
                opened.write(buffers, position);
            }

            @Override
            public void truncate(long size) throws IOException {
                opened.truncate(size);
            }

            @Override
            public void force() throws IOException {
                opened.force();
            }

            @Override
            public void close() throws IOException {
                opened.close();
            }
        };
    }
}
