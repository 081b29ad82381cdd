package dev.keepsake.log;

import static dev.keepsake.core.Checks.checkArgument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.FaultHandler;
import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A transaction log in files on this machine. [TransactionLog] says what it guarantees.
///
/// One writer thread takes all requests that have arrived since it last looked and decides them in
/// order. It writes all new entries with one gathering write, forces the file once, and only then
/// answers the requests. The longer a force takes, the larger is the next batch.
///
/// **A write that fails** has forced nothing of the batch. The log cuts the batch off the file
/// again, forces that, refuses the batch as [AppendOutcome.Full], and continues. Claims and
/// renewals of the batch are not refused: they are written into a [LogReserve]. So a full disk does
/// not end the lease, which reads need, and does not keep another node from taking over.
///
/// **A force that fails** leaves a file whose content nobody can know, because a failed `fsync` may
/// have dropped the pages. All requests under way and all later ones are answered with
/// [AppendOutcome.Unknown], and the fault handler gets a report. Only opening the log again reads
/// what the disk holds. There is one exception: some file systems look for room only at this point.
/// When the disk is full, the batch is cut off as after a failed write. If that cannot be forced
/// either, the log ends as above.
///
/// **A next segment that cannot be created** (too many open files, a directory that may not be
/// written) is no such failure: nothing has been written, and the present segment is intact. The
/// log continues in it, logs an error, and tries again after each further [#OVERLONG_PART]th of a
/// segment.
///
/// What failed is known by the step that failed, never by the text of an exception, which is in the
/// language of the machine.
public final class EmbeddedLog implements TransactionLog {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedLog.class);

    private static final int BATCH_MAX_REQUESTS = 4096;
    private static final int BATCH_MAX_BYTES = 8 << 20;

    // Enough for some 25,000 renewals: more than three hours at the standard pace.
    private static final long RESERVE_MAX_BYTES = 1 << 20;
    private static final long CLOSE_WITHIN_MS = 5_000;

    // When a next segment cannot be created, the present one grows by this part of a segment before
    // the log tries again.
    private static final int OVERLONG_PART = 16;

    private final Path directory;
    private final Disk disk;
    private final EmbeddedLogOptions options;
    private final FaultHandler faults;
    private final AutoCloseable directoryLock;
    private final LogBounds bounds;
    private final Thread writer;
    private final RecentEntries recent;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition asked = lock.newCondition();
    private final LogQueue queue; // shares the lock
    private final Segments segments;
    private volatile boolean broken;
    private volatile Tail tail;
    private volatile @Nullable LogEntry newestEngine;

    // Owned by the writer thread: the batch that is being gathered, and the tail behind it.
    private final List<LogEntry> batch = new ArrayList<>();
    private final List<Runnable> successes = new ArrayList<>();
    private final List<LogQueue.Request> gathered = new ArrayList<>();
    private final List<LogQueue.Request> undecided = new ArrayList<>();
    private Tail batchTail;
    private Segment current;
    private long rollAtBytes;
    private final LogReserve reserve;

    private EmbeddedLog(
            Path directory,
            Disk disk,
            EmbeddedLogOptions options,
            ThreadFactory threads,
            FaultHandler faults,
            AutoCloseable directoryLock,
            LogBounds bounds,
            LogReserve reserve,
            Segments segments,
            Tail tail) {
        this.directory = directory;
        this.disk = disk;
        this.options = options;
        this.faults = faults;
        this.directoryLock = directoryLock;
        this.bounds = bounds;
        this.reserve = reserve;
        this.segments = segments;
        this.queue = new LogQueue(directory.toString(), options.maxPendingBytes(), lock, asked);
        this.recent = new RecentEntries(options.recentBytes());
        this.tail = tail;
        this.batchTail = tail;
        this.current = segments.newest();
        this.newestEngine = segments.newestEngine();
        this.rollAtBytes = options.segmentBytes();
        this.writer = threads.newThread(this::writeUntilClosed);
    }

    /// Opens the log in `directory`. Creates the directory if it is missing.
    ///
    /// @param threads creates the writer thread
    /// @param faults gets a report when the log fails; it names the log
    /// @throws CorruptLogException when the stored bytes differ from what was written; nothing has
    ///   been changed then
    /// @throws IOException also when another log holds the directory
    public static EmbeddedLog open(
            Path directory,
            Disk disk,
            EmbeddedLogOptions options,
            ThreadFactory threads,
            FaultHandler faults)
            throws IOException {
        var directoryLock = disk.lockDirectory(directory);
        var segments = new TreeMap<Long, Segment>();
        LogBounds bounds = null;
        try {
            bounds = LogBounds.open(disk, directory);
            long reserveBytes = Math.min(RESERVE_MAX_BYTES, options.segmentBytes());
            var tail = LogRecovery.recover(directory, disk, bounds, reserveBytes, segments);
            if (segments.isEmpty()) {
                if (bounds.promise() == null) {
                    bounds.promise(LogBounds.Promise.OF_NOTHING);
                }
                segments.put(0L, Segment.create(disk, directory, Tail.EMPTY));
            }
            bounds.promise(
                    new LogBounds.Promise(segments.firstKey(), segments.lastKey(), tail.index()));
            var reserve = new LogReserve(disk, directory, reserveBytes);
            makeIfThereIsRoom(reserve, directory);
            var log =
                    new EmbeddedLog(
                            directory,
                            disk,
                            options,
                            threads,
                            faults,
                            directoryLock,
                            bounds,
                            reserve,
                            new Segments(directory, disk, bounds, segments),
                            tail);
            log.writer.start();
            return log;
        } catch (IOException | RuntimeException e) {
            for (var segment : segments.values()) {
                segment.close();
            }
            if (bounds != null) {
                bounds.close();
            }
            releaseDirectory(directoryLock);
            throw e;
        }
    }

    private static void makeIfThereIsRoom(LogReserve reserve, Path directory) {
        try {
            reserve.make();
        } catch (IOException e) {
            LOG.warn(
                    "log={} has no reserve, so its leases will run out when the disk is full reason={}",
                    directory,
                    e.toString());
        }
    }

    @Override
    public CompletionStage<ClaimOutcome> claim(String node, long expectedTailIndex) {
        return queue.claim(node, expectedTailIndex);
    }

    @Override
    public CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes) {
        return queue.append(term, expectedOffset, bytes);
    }

    @Override
    public CompletionStage<AppendOutcome> note(
            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
        return queue.note(term, kind, expectedOffset, payload);
    }

    @Override
    public CompletionStage<AppendOutcome> renew(Term term) {
        return queue.renew(term);
    }

    @Override
    public Tail tail() {
        return tail;
    }

    @Override
    public long pendingBytes() {
        return queue.pendingBytes();
    }

    @Override
    public List<LogEntry> read(long fromIndex, int maxBytes) throws IOException {
        var end = tail;
        if (fromIndex > end.index()) {
            return List.of();
        }
        var kept = recent.read(fromIndex, maxBytes);
        if (kept != null) {
            return kept;
        }
        var segment = segments.holding(fromIndex);
        long lastHere = Math.min(end.index(), segments.lastIndexOf(segment));
        try {
            return segment.read(fromIndex, lastHere, maxBytes);
        } catch (IOException e) {
            // A trim meanwhile explains the failure better: then this throws TrimmedException.
            segments.holding(fromIndex);
            throw e;
        }
    }

    /// Reads memory only: opening has read every entry.
    @Override
    public Optional<LogEntry> newestEngine() {
        return Optional.ofNullable(newestEngine);
    }

    @Override
    public long firstIndex() {
        return segments.firstIndex();
    }

    @Override
    public long firstOffset() {
        return segments.firstOffset();
    }

    @Override
    public long indexOf(long offset) throws IOException {
        var end = tail;
        checkArgument(
                offset >= 0 && offset <= end.endOffset(),
                "offset %d lies beyond the log's end at %d",
                offset,
                end.endOffset());
        if (offset == end.endOffset()) {
            return end.index() + 1;
        }
        var holder = segments.holdingOffset(offset);
        try {
            return holder.indexOf(offset);
        } catch (IOException e) {
            segments.holdingOffset(offset); // as in read
            throw e;
        }
    }

    @Override
    public Subscription follow(Listener listener) {
        listeners.add(listener);
        var open = new AtomicBoolean(true);
        return () -> {
            if (open.getAndSet(false)) {
                listeners.remove(listener);
            }
        };
    }

    @Override
    public boolean trim(Term term, long firstKeptIndex) throws IOException {
        if (!term.equals(tail.term())) {
            return false;
        }
        segments.trim(firstKeptIndex, queue);
        return true;
    }

    @Override
    public void close() {
        if (!queue.close()) {
            return;
        }
        try {
            writer.join(CLOSE_WITHIN_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        noteCleanEnd();
        try {
            segments.close();
            bounds.close();
        } catch (IOException e) {
            faults.fatal("a file of %s cannot be closed".formatted(directory), e);
        }
        releaseDirectory(directoryLock);
    }

    /// Records where the log ends, so that opening it again cannot take any of it for a torn end.
    /// If this fails, the recorded end is that of the newest segment's creation, which is enough.
    private void noteCleanEnd() {
        if (broken) {
            return;
        }
        try {
            bounds.forced(tail.index());
        } catch (IOException e) {
            LOG.info("log={} cannot record where it ends reason={}", directory, e.getMessage());
        }
    }

    // ---- the writer thread

    private void writeUntilClosed() {
        try {
            while (gather()) {
                commit();
            }
        } catch (InterruptedException e) {
            breakDown("the writer was interrupted", e);
        } catch (RuntimeException | Error e) {
            breakDown("the writer failed: " + e, e);
        }
    }

    /// Waits for requests and takes a batch of them.
    private boolean gather() throws InterruptedException {
        lock.lock();
        try {
            while (queue.isEmpty() && !queue.isClosing()) {
                asked.await();
            }
            queue.takeInto(gathered, BATCH_MAX_REQUESTS, BATCH_MAX_BYTES);
        } finally {
            lock.unlock();
        }
        return !gathered.isEmpty();
    }

    private void commit() {
        for (var request : gathered) {
            if (broken) {
                break; // all requests have been answered
            }
            switch (request) {
                case LogQueue.ClaimRequest claim -> decide(claim);
                case LogQueue.AppendRequest append -> decide(append);
            }
        }
        writeBatch();
        gathered.clear();
    }

    private void decide(LogQueue.ClaimRequest claim) {
        if (claim.expectedTailIndex() != batchTail.index()) {
            var seen = batchTail;
            whenWritten(claim, () -> claim.outcome().complete(new ClaimOutcome.Behind(seen)));
            return;
        }
        var entry =
                new LogEntry(
                        batchTail.index() + 1,
                        batchTail.term().next(),
                        EntryKind.LEADER,
                        batchTail.endOffset(),
                        ByteBuffer.wrap(claim.node().getBytes(UTF_8)));
        take(entry);
        var won = new ClaimOutcome.Won(entry.term(), entry.index());
        whenWritten(claim, () -> claim.outcome().complete(won));
    }

    private void decide(LogQueue.AppendRequest append) {
        if (!append.term().equals(batchTail.term())) {
            var fenced = new AppendOutcome.Fenced(batchTail.term(), batchTail.leader());
            whenWritten(append, () -> append.outcome().complete(fenced));
            return;
        }
        long end = batchTail.endOffset();
        if (append.isMisplaced(end)) {
            if (append.kind() == EntryKind.DATA) {
                answerMisplaced(append);
            } else { // never a retry, so it need not end the batch
                var misplaced = new AppendOutcome.Misplaced(end);
                whenWritten(append, () -> append.outcome().complete(misplaced));
            }
            return;
        }
        var entry =
                new LogEntry(
                        batchTail.index() + 1,
                        append.term(),
                        append.kind(),
                        end,
                        append.bytes().duplicate());
        take(entry);
        var appended = new AppendOutcome.Appended(entry.index(), entry.endOffset());
        whenWritten(append, () -> append.outcome().complete(appended));
    }

    /// Answers an append whose offset is not the end of the log. It may be a retry.
    private void answerMisplaced(LogQueue.AppendRequest append) {
        writeBatch(); // a retry is compared with committed entries
        if (broken) {
            return;
        }
        var outcome = Retries.outcomeOf(append, this);
        queue.decided(append);
        append.outcome().complete(outcome);
    }

    private void take(LogEntry entry) {
        batch.add(entry);
        batchTail = batchTail.after(entry);
    }

    private void whenWritten(LogQueue.Request request, Runnable success) {
        undecided.add(request);
        successes.add(success);
    }

    /// Writes and forces the batch, and answers its requests.
    private void writeBatch() {
        if (!batch.isEmpty()) {
            if (!isPlaceFor(batch)) {
                try {
                    roll();
                } catch (IOException e) {
                    if (!canContinueAfter(e)) {
                        onRollFailure(e);
                        return;
                    }
                    growBeyondSize(e);
                }
            }
            try {
                current.append(batch);
            } catch (IOException e) {
                onWriteFailure(e);
                return;
            }
        }
        onWritten();
    }

    /// Whether the log can continue in the present segment after its successor could not be
    /// created: the segment has not been touched, and it is not the reserve, which accepts only
    /// leases.
    private boolean canContinueAfter(IOException failure) {
        return !(failure instanceof HalfDoneException) && !current.isReserved();
    }

    private void growBeyondSize(IOException failure) {
        rollAtBytes = current.sizeBytes() + Math.max(1, options.segmentBytes() / OVERLONG_PART);
        LOG.error(
                "file={} cannot be created, so {} grows beyond its {} bytes reason={}",
                directory.resolve(Segment.fileName(tail.index() + 1)),
                current.path(),
                options.segmentBytes(),
                failure.toString());
    }

    /// Publishes the batch, which is durable now, and answers its requests.
    private void onWritten() {
        var before = tail;
        if (!batch.isEmpty()) {
            recent.add(batch);
            noteEngine();
            tail = batchTail;
        }
        batch.clear();
        queue.decided(undecided);
        undecided.clear();
        successes.forEach(Runnable::run);
        successes.clear();
        var committed = tail;
        if (committed.index() != before.index()) {
            listeners.forEach(listener -> listener.committed(committed));
        }
    }

    private void noteEngine() {
        for (var entry : batch) {
            if (entry.kind() == EntryKind.ENGINE) {
                newestEngine = entry.ofItsOwn(); // the caller may change its buffer from now on
            }
        }
    }

    private void roll() throws IOException {
        if (!reserve.isReady()) {
            if (current.isReserved()) {
                reserve.make(); // required: the next full disk needs it
            } else {
                makeIfThereIsRoom(reserve, directory);
            }
        }
        if (current.isEmpty()) {
            current.giveBackReserve(); // a next segment would have the same name
        } else {
            continueIn(Segment.create(disk, directory, tail));
        }
    }

    private void continueIn(Segment next) throws IOException {
        try {
            bounds.begin(next.firstIndex());
        } catch (IOException e) {
            throw e instanceof HalfDoneException ? e : next.undo(disk, e);
        }
        if (current.isReserved()) {
            current.giveBackReserve();
        }
        use(next);
    }

    private void use(Segment next) {
        segments.add(next);
        current = next;
        rollAtBytes = options.segmentBytes();
    }

    /// Whether the entries may be written to the present segment. The reserve accepts only LEASE
    /// and LEADER entries.
    private boolean isPlaceFor(List<LogEntry> entries) {
        if (!current.isReserved()) {
            return current.sizeBytes() < rollAtBytes;
        }
        return current.hasRoomFor(entries)
                && entries.stream().allMatch(entry -> entry.kind().isSignOfLife());
    }

    /// Handles a failure to create the next segment, when the present segment cannot accept the
    /// batch.
    private void onRollFailure(IOException failure) {
        if (failure instanceof HalfDoneException) {
            breakDown(failure);
            return;
        }
        try {
            refuseAllButLeases(failure);
        } catch (IOException e) {
            failure.addSuppressed(e);
            breakDown(failure);
        }
    }

    private void onWriteFailure(IOException failure) {
        if (canBeTakenBack(failure)) {
            try {
                current.rollBack();
                refuseAllButLeases(failure);
                return;
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
        }
        breakDown(failure);
    }

    /// Whether it is certain what the file contains once the failed batch has been cut off.
    private boolean canBeTakenBack(IOException failure) {
        return !(failure instanceof HalfDoneException)
                && (!(failure instanceof UnforcedException) || isFull());
    }

    private boolean isFull() {
        try {
            return disk.usableBytes(directory) < BATCH_MAX_BYTES;
        } catch (IOException e) {
            LOG.info(
                    "log={} cannot ask how much room its disk has reason={}",
                    directory,
                    e.toString());
            return false;
        }
    }

    private void refuseAllButLeases(IOException failure) throws IOException {
        batch.clear();
        successes.clear();
        batchTail = tail;
        writeLeasesToReserve(
                isFull()
                        ? "no space left for %s".formatted(current.path())
                        : "the segment after %s cannot be written: %s"
                                .formatted(current.path(), failure.getMessage()));
    }

    private void breakDown(IOException failure) {
        breakDown(
                "%s cannot be written: %s".formatted(current.path(), failure.getMessage()),
                failure);
    }

    /// Refuses the requests for which there is no room. Writes claims and renewals to the reserve.
    private void writeLeasesToReserve(String reason) throws IOException {
        var all = List.copyOf(undecided);
        undecided.clear();
        for (var request : all) {
            switch (request) {
                case LogQueue.ClaimRequest claim -> decide(claim);
                case LogQueue.AppendRequest renewal when renewal.kind() == EntryKind.LEASE ->
                        decide(renewal);
                case LogQueue.AppendRequest other -> whenWritten(other, () -> other.full(reason));
            }
        }
        if (batch.isEmpty() || appendToReserve()) {
            onWritten();
            return;
        }
        batch.clear();
        successes.clear();
        batchTail = tail;
        queue.decided(undecided);
        undecided.forEach(request -> request.full(reason));
        undecided.clear();
    }

    /// Writes the batch to the reserve.
    ///
    /// @return false when there is no room in the reserve either
    private boolean appendToReserve() throws IOException {
        try {
            if (!current.isReserved()) {
                if (!reserve.isReady()) {
                    return false;
                }
                LOG.warn("log={} has no room left, it accepts only leases and claims", directory);
                var next = Segment.createIn(reserve, disk, directory, tail);
                if (current.isEmpty()) {
                    current.close(); // replaced by `next`, and has nothing to read
                    use(next);
                } else {
                    continueIn(next);
                }
            }
            current.append(batch);
            return true;
        } catch (IOException e) {
            if (!canBeTakenBack(e)) {
                throw e;
            }
            current.rollBack();
            return false;
        }
    }

    private void breakDown(String why, Throwable cause) {
        broken = true;
        batch.clear();
        successes.clear();
        undecided.clear();
        var waiting = queue.breakDown(why);
        var unknown = new IOException(why, cause);
        // Some of the gathered requests may have been answered before. They keep that answer.
        gathered.forEach(request -> request.unknown(unknown));
        waiting.forEach(request -> request.unknown(unknown));
        faults.fatal(why, cause);
    }

    private static void releaseDirectory(AutoCloseable directoryLock) {
        try {
            directoryLock.close();
        } catch (Exception e) {
            throw new IllegalStateException(
                    "the lock of the log's directory cannot be released", e);
        }
    }
}
