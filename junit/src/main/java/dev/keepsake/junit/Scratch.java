package dev.keepsake.junit;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.regex.Pattern;

/// A temporary directory of this process that only its owner may use. Closing removes it.
///
/// A process that is killed leaves its directory. The next one removes it: a lock on a file in it
/// tells whether its process lives.
final class Scratch implements AutoCloseable {
    private static final String PREFIX = "keepsake-junit-";
    private static final Pattern NAME = Pattern.compile(Pattern.quote(PREFIX) + "(\\d+)-.*");
    private static final String LOCK = "in-use";
    private static final int REMOVAL_TRIES = 5;

    private final Path path;
    private final FileChannel lock;

    private Scratch(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /// Makes a directory, and removes those of processes that have ended.
    ///
    /// @param parent such as `/tmp`
    static Scratch in(Path parent) throws IOException {
        removeAbandoned(parent);
        var path = Files.createTempDirectory(parent, PREFIX + ProcessHandle.current().pid() + "-");
        // The file gets its name when it is locked, so none is found unlocked at its beginning.
        var unnamed = path.resolve(LOCK + ".new");
        var lock =
                FileChannel.open(unnamed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            lock.lock();
            Files.move(unnamed, path.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
            return new Scratch(path, lock);
        } catch (IOException e) {
            lock.close();
            Directories.remove(path);
            throw e;
        }
    }

    private static void removeAbandoned(Path parent) throws IOException {
        List<Path> candidates;
        try (var entries = Files.list(parent)) {
            candidates = entries.filter(Scratch::isOfAnotherProcess).toList();
        }
        for (var candidate : candidates) {
            if (isAbandoned(candidate.resolve(LOCK))) {
                Directories.remove(candidate);
            }
        }
    }

    /// The locks of a process end when it closes any channel of the file. So its own files are not
    /// looked at.
    private static boolean isOfAnotherProcess(Path directory) {
        var name = NAME.matcher(String.valueOf(directory.getFileName()));
        return name.matches()
                && !name.group(1).equals(Long.toString(ProcessHandle.current().pid()));
    }

    private static boolean isAbandoned(Path file) {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE);
                var free = channel.tryLock()) {
            return free != null;
        } catch (IOException e) {
            return false; // it is another user's, or is being made or removed
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            // The lock ends with the process.
        }
        for (int i = 0; i < REMOVAL_TRIES && !Directories.remove(path); i++) {
            Thread.onSpinWait(); // what a killed server still wrote is removed by the next try
        }
    }
}
