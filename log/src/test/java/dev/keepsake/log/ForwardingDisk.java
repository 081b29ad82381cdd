package dev.keepsake.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// A disk that passes everything on to another: for tests that change one thing.
public abstract class ForwardingDisk implements Disk {
    private final Disk disk;

    protected ForwardingDisk(Disk disk) {
        this.disk = disk;
    }

    @Override
    public AutoCloseable lockDirectory(Path directory) throws IOException {
        return disk.lockDirectory(directory);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return disk.list(directory);
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        return disk.open(file);
    }

    @Override
    public DiskFile openExisting(Path file) throws IOException {
        return disk.openExisting(file);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        disk.rename(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        disk.delete(file);
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        return disk.usableBytes(directory);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        disk.forceDirectory(directory);
    }
}
