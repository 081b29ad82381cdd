package dev.keepsake.log;

import static dev.keepsake.core.Checks.checkState;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The disk of a machine, in memory, that keeps the rules a log may rely on and no others. Callable
/// from any thread.
///
/// What is written is read back at once, but only what was forced is sure to survive [#crash]. What
/// was not, survives wholly, in part or not at all, each change by its own luck. A file's bytes and
/// length are forced by its `force`, its name by `forceDirectory`. [#kill] ends the process alone:
/// nothing is lost, and nothing is made durable either.
///
/// A `force` that fails drops what it was to make durable, as Linux does: the bytes are still read
/// back, and no later `force` saves them unless they are written again.
public final class MemoryDisk {
    private sealed interface Change {}

    private record Write(int position, ByteBuffer bytes) implements Change {}

    private record Truncate(int size) implements Change {}

    /// A file gets a name, loses it (null), or gets one instead of another.
    ///
    /// @param former what it was called before, or null
    private record Naming(@Nullable Path former, Path path, @Nullable Contents contents) {
        Naming(Path path, @Nullable Contents contents) {
            this(null, path, contents);
        }
    }

    /// A file, whatever its name: what is read from it, and what is sure to survive.
    private static final class Contents {
        private byte[] visible = {};
        private byte[] durable = {};
        private final List<Change> unforced = new ArrayList<>();

        void change(Change change) {
            visible = applied(visible, change);
            unforced.add(change);
        }

        void force() {
            for (var change : unforced) {
                durable = applied(durable, change);
            }
            unforced.clear();
        }

        void crash(RandomGenerator random) {
            for (var change : unforced) {
                var survivor = survivor(change, random);
                if (survivor != null) {
                    durable = applied(durable, survivor);
                }
            }
            unforced.clear();
            visible = durable.clone();
        }

        private static @Nullable Change survivor(Change change, RandomGenerator random) {
            return switch (random.nextInt(3)) {
                case 0 -> null;
                case 1 -> change;
                default ->
                        switch (change) {
                            case Truncate truncate -> truncate;
                            case Write write -> torn(write, random);
                        };
            };
        }

        /// Mostly the beginning survives; but pages reach a disk in any order.
        private static Write torn(Write write, RandomGenerator random) {
            int length = write.bytes().remaining();
            int from = random.nextInt(4) == 0 ? random.nextInt(length + 1) : 0;
            int to = from + random.nextInt(length - from + 1);
            return new Write(write.position() + from, write.bytes().slice(from, to - from));
        }

        private static byte[] applied(byte[] to, Change change) {
            return switch (change) {
                case Truncate(int size) -> size < to.length ? Arrays.copyOf(to, size) : to;
                case Write(int position, ByteBuffer bytes) -> {
                    int length = bytes.remaining();
                    if (length == 0) {
                        yield to;
                    }
                    int end = position + length;
                    var grown = end > to.length ? Arrays.copyOf(to, end) : to;
                    bytes.get(bytes.position(), grown, position, length);
                    yield grown;
                }
            };
        }
    }

    /// Makes forces wait. Closing it lets them go on.
    public final class Gate implements AutoCloseable {
        private final Thread holder = Thread.currentThread();
        private final Semaphore passes = new Semaphore(0);
        private CompletableFuture<Void> arrival = new CompletableFuture<>(); // guarded by the disk

        private Gate() {}

        /// Completes once a force waits here.
        public CompletableFuture<Void> arrival() {
            synchronized (MemoryDisk.this) {
                return arrival;
            }
        }

        /// Returns once a force waits here.
        public void awaitForce() {
            arrival().orTimeout(120, TimeUnit.SECONDS).join();
        }

        /// Lets the force go on that waits here; the next one waits again.
        public void passOne() {
            synchronized (MemoryDisk.this) {
                arrival = new CompletableFuture<>();
            }
            passes.release();
        }

        private void enter() throws IOException {
            arrival().complete(null);
            try {
                checkState(passes.tryAcquire(120, TimeUnit.SECONDS), "a force was held for 120 s");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while a force was held", e);
            }
        }

        @Override
        public void close() {
            synchronized (MemoryDisk.this) {
                if (gate == this) {
                    gate = null;
                }
            }
            passes.release(Short.MAX_VALUE);
        }
    }

    // As a machine says it that speaks another language: nobody may depend on the words.
    private static final String NO_SPACE = "Auf dem Gerät ist kein Speicherplatz mehr verfügbar";
    private static final String IO_ERROR = "Input/output error";
    private static final String NO_MORE_FILES = "Too many open files";

    // All guarded by this.
    private final TreeMap<Path, Contents> visible = new TreeMap<>();
    private final Map<Path, Contents> durable = new HashMap<>();
    private final List<Naming> unforced = new ArrayList<>();
    private final Map<Path, Object> claims = new HashMap<>();
    private long capacityBytes = Long.MAX_VALUE;
    private int writesUntilFull;
    private boolean forcesFail;
    private int forcesUntilFull;
    private boolean fullAtForce;
    private int forcesUntilBroken;
    private @Nullable String wordsOfWrite = NO_SPACE;
    private String wordsOfForce = IO_ERROR;
    private boolean noMoreFiles;
    private boolean deletesFail;
    private int process;
    private int openFiles;
    private @Nullable Gate gate;

    // ---- what may happen to a disk

    /// The machine loses its power and starts again: files opened before are of no use, claims are
    /// gone, and of what was not forced the luck of each change decides.
    public synchronized void crash(RandomGenerator random) {
        kill();
        var survivors = new HashMap<>(durable);
        for (var naming : unforced) {
            if (random.nextBoolean()) {
                name(survivors, naming);
            }
        }
        unforced.clear();
        for (var contents : survivors.values()) {
            contents.crash(random);
        }
        durable.clear();
        durable.putAll(survivors);
        visible.clear();
        visible.putAll(survivors);
    }

    /// The process ends at once, and the machine goes on: files opened before are of no use, claims
    /// are gone, everything written is still there, forced or not.
    public synchronized void kill() {
        process++;
        openFiles = 0;
        claims.clear();
        if (gate != null) {
            gate.close();
        }
    }

    /// Lets the `nth` write from now on, counted from 1, fail with half of it done, for want of
    /// space; 0 lets none fail.
    public synchronized void failWrite(int nth) {
        failWrite(nth, NO_SPACE);
    }

    /// As [#failWrite(int)], in other words, or without any.
    public synchronized void failWrite(int nth, @Nullable String words) {
        writesUntilFull = nth;
        wordsOfWrite = words;
    }

    /// Bounds the bytes of all files. A write beyond it stops where the space ends, and fails.
    public synchronized void capacityBytes(long bytes) {
        capacityBytes = bytes;
    }

    /// From now on, lets each force of a file fail, or no longer.
    public synchronized void failForces(boolean fail) {
        forcesFail = fail;
    }

    /// Lets the `nth` force from now on, counted from 1, fail for want of space, as on a file
    /// system that finds room only then: what it was to make durable may become so, or not.
    public synchronized void failForceForWantOfSpace(int nth) {
        forcesUntilFull = nth;
    }

    /// Lets the `nth` force from now on, counted from 1, fail as [#failForces] does.
    public synchronized void failForce(int nth) {
        failForce(nth, IO_ERROR);
    }

    /// As [#failForce(int)], in other words.
    public synchronized void failForce(int nth, String words) {
        forcesUntilBroken = nth;
        wordsOfForce = words;
    }

    /// From now on, lets nobody make a file, or no longer.
    public synchronized void failNewFiles(boolean fail) {
        noMoreFiles = fail;
    }

    /// From now on, lets each deletion fail, or no longer.
    public synchronized void failDeletes(boolean fail) {
        deletesFail = fail;
    }

    /// Makes each force of a file wait until the gate is closed, but for those of the caller's own
    /// thread.
    public synchronized Gate holdForces() {
        checkState(gate == null, "forces are held already");
        gate = new Gate();
        return gate;
    }

    // ---- damage, done behind the back of whoever has the files open; it is durable

    /// Flips one bit of the byte at `position`.
    public synchronized void flipBit(Path file, int position, int bit) throws IOException {
        var contents = contents(file);
        var flipped = new byte[] {(byte) (contents.visible[position] ^ 1 << bit)};
        contents.change(new Write(position, ByteBuffer.wrap(flipped)));
        contents.force();
    }

    /// Replaces the file's bytes.
    public synchronized void overwrite(Path file, byte[] bytes) throws IOException {
        var contents = contents(file);
        contents.change(new Truncate(0));
        contents.change(new Write(0, ByteBuffer.wrap(bytes)));
        contents.force();
    }

    /// Deletes the file, name and all.
    public synchronized void lose(Path file) throws IOException {
        contents(file);
        name(visible, new Naming(file, null));
        name(durable, new Naming(file, null));
    }

    // ---- what a test may look at

    /// What is read from the file now.
    public synchronized byte[] bytes(Path file) throws IOException {
        return contents(file).visible.clone();
    }

    /// All files with their bytes, as one text to compare with another.
    public synchronized Map<Path, String> picture() {
        var picture = new TreeMap<Path, String>();
        visible.forEach((path, contents) -> picture.put(path, Arrays.toString(contents.visible)));
        return picture;
    }

    /// How many files are open.
    public synchronized int openFiles() {
        return openFiles;
    }

    /// The disk as a process sees it that starts now: of no use once that process or the machine
    /// has ended.
    public synchronized Disk mount() {
        return new Mounted(process);
    }

    private void change(Naming naming) {
        name(visible, naming);
        unforced.add(naming);
    }

    private static void name(Map<Path, Contents> names, Naming naming) {
        if (naming.former() != null) {
            names.remove(naming.former());
        }
        if (naming.contents() == null) {
            names.remove(naming.path());
        } else {
            names.put(naming.path(), naming.contents());
        }
    }

    private Contents contents(Path file) throws NoSuchFileException {
        var contents = visible.get(file);
        if (contents == null) {
            throw new NoSuchFileException(file.toString());
        }
        return contents;
    }

    /// How many bytes all files have.
    public synchronized long usedBytes() {
        return visible.values().stream().mapToLong(contents -> contents.visible.length).sum();
    }

    private final class Mounted implements Disk {
        private final int mountedBy;

        Mounted(int mountedBy) {
            this.mountedBy = mountedBy;
        }

        @Override
        public AutoCloseable lockDirectory(Path directory) throws IOException {
            synchronized (MemoryDisk.this) {
                checkRunning(mountedBy);
                var claim = new Object();
                if (claims.putIfAbsent(directory, claim) != null) {
                    throw new IOException(directory + " is in use by another log");
                }
                return () -> release(directory, claim);
            }
        }

        private void release(Path directory, Object claim) {
            synchronized (MemoryDisk.this) {
                claims.remove(directory, claim);
            }
        }

        @Override
        public List<String> list(Path directory) throws IOException {
            synchronized (MemoryDisk.this) {
                checkRunning(mountedBy);
                return visible.keySet().stream()
                        .filter(path -> directory.equals(path.getParent()))
                        .map(path -> path.getFileName().toString())
                        .sorted()
                        .toList();
            }
        }

        @Override
        public DiskFile open(Path file) throws IOException {
            synchronized (MemoryDisk.this) {
                checkRunning(mountedBy);
                var contents = visible.get(file);
                if (contents == null) {
                    if (noMoreFiles) {
                        throw new IOException(file + ": " + NO_MORE_FILES);
                    }
                    contents = new Contents();
                    change(new Naming(file, contents));
                }
                openFiles++;
                return new OpenFile(contents, mountedBy);
            }
        }

        @Override
        public DiskFile openExisting(Path file) throws IOException {
            synchronized (MemoryDisk.this) {
                checkRunning(mountedBy);
                var contents = contents(file);
                openFiles++;
                return new OpenFile(contents, mountedBy);
            }
        }

        /// As on Linux, where a name is never without a file: of the two changes a crash loses both
        /// or none.
        @Override
        public void rename(Path from, Path to) throws IOException {
            synchronized (MemoryDisk.this) {
                checkRunning(mountedBy);
                var contents = contents(from);
                visible.remove(from);
                visible.put(to, contents);
                unforced.add(new Naming(from, to, contents));
            }
        }

        @Override
        public void delete(Path file) throws IOException {
            synchronized (MemoryDisk.this) {
                checkRunning(mountedBy);
                if (deletesFail) {
                    throw new IOException(file + ": " + IO_ERROR);
                }
                if (visible.containsKey(file)) {
                    change(new Naming(file, null));
                }
            }
        }

        @Override
        public long usableBytes(Path directory) throws IOException {
            synchronized (MemoryDisk.this) {
                checkRunning(mountedBy);
                return fullAtForce ? 0 : capacityBytes - usedBytes();
            }
        }

        @Override
        public void forceDirectory(Path directory) throws IOException {
            synchronized (MemoryDisk.this) {
                checkRunning(mountedBy);
                var here =
                        unforced.stream()
                                .filter(naming -> directory.equals(naming.path().getParent()))
                                .toList();
                here.forEach(naming -> name(durable, naming));
                unforced.removeAll(here);
            }
        }
    }

    private void checkRunning(int owner) throws IOException {
        if (owner != process) {
            throw new IOException("the process that uses the disk has ended");
        }
    }

    private final class OpenFile implements Disk.DiskFile {
        private final Contents contents;
        private final int openedBy;
        private boolean closed;

        OpenFile(Contents contents, int openedBy) {
            this.contents = contents;
            this.openedBy = openedBy;
        }

        @Override
        public long size() throws IOException {
            synchronized (MemoryDisk.this) {
                checkUsable();
                return contents.visible.length;
            }
        }

        @Override
        public void read(ByteBuffer into, long position) throws IOException {
            synchronized (MemoryDisk.this) {
                checkUsable();
                int from = (int) Math.min(position, contents.visible.length);
                int length = Math.min(into.remaining(), contents.visible.length - from);
                into.put(contents.visible, from, length);
            }
        }

        @Override
        public void write(ByteBuffer[] buffers, long position) throws IOException {
            synchronized (MemoryDisk.this) {
                checkUsable();
                var bytes = gathered(buffers);
                int at = Math.toIntExact(position);
                int fits = fitting(at, bytes.remaining());
                contents.change(new Write(at, bytes.slice(0, fits)));
                if (fits < bytes.remaining()) {
                    throw new IOException(wordsOfWrite);
                }
            }
        }

        /// How much of a write can be done.
        private int fitting(int position, int length) {
            if (writesUntilFull > 0 && --writesUntilFull == 0) {
                return length / 2;
            }
            long end = contents.visible.length + capacityBytes - usedBytes();
            boolean bounded = capacityBytes != Long.MAX_VALUE;
            return bounded ? Math.clamp(end - position, 0, length) : length;
        }

        @Override
        public void truncate(long size) throws IOException {
            synchronized (MemoryDisk.this) {
                checkUsable();
                contents.change(new Truncate(Math.toIntExact(size)));
            }
        }

        @Override
        public void force() throws IOException {
            Gate held;
            synchronized (MemoryDisk.this) {
                held = gate;
            }
            if (held != null && held.holder != Thread.currentThread()) {
                held.enter();
            }
            synchronized (MemoryDisk.this) {
                checkUsable();
                boolean broken = forcesUntilBroken > 0 && --forcesUntilBroken == 0;
                if (forcesFail || broken) {
                    contents.unforced.clear();
                    throw new IOException(broken ? wordsOfForce : IO_ERROR);
                }
                fullAtForce = forcesUntilFull > 0 && --forcesUntilFull == 0;
                if (fullAtForce) {
                    throw new IOException(NO_SPACE);
                }
                contents.force();
            }
        }

        @Override
        public void close() {
            synchronized (MemoryDisk.this) {
                if (!closed && openedBy == process) {
                    openFiles--;
                }
                closed = true;
            }
        }

        private void checkUsable() throws IOException {
            checkRunning(openedBy);
            if (closed) {
                throw new FileNotFoundException("the file is closed");
            }
        }

        private static ByteBuffer gathered(ByteBuffer[] buffers) {
            var all =
                    ByteBuffer.allocate(
                            Arrays.stream(buffers).mapToInt(ByteBuffer::remaining).sum());
            for (var buffer : buffers) {
                all.put(buffer);
            }
            return all.flip();
        }
    }
}
