package dev.keepsake.log;

import static dev.keepsake.core.Checks.checkArgument;
import static dev.keepsake.core.Checks.checkState;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What has been asked of a log and is not decided yet: the way into it. Any thread asks; one
/// thread of the log takes the requests out in the order of the calls, and answers them.
///
/// It is bounded in bytes. What is beyond the bound, or comes after the end, is answered at once
/// and overtakes what waits; see [TransactionLog]. Bytes count until their request is
/// [decided][#decided], so those that the log has taken out still do.
public final class LogQueue {
    // Of the name of a leader in UTF-8, whose length a segment keeps in one byte.
    private static final int LEADER_MAX_BYTES = 255;

    private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0).asReadOnlyBuffer();

    /// Something that a log is asked for. It is answered once; later answers change nothing.
    public sealed interface Request {
        /// Answers that there is no room, and nothing was written.
        void full(String reason);

        /// Answers that nobody knows whether it was written.
        void unknown(Throwable cause);

        /// How many bytes it brings.
        default int bytesPending() {
            return 0;
        }
    }

    /// A [TransactionLog#claim].
    public record ClaimRequest(
            String node, long expectedTailIndex, CompletableFuture<ClaimOutcome> outcome)
            implements Request {
        @Override
        public void full(String reason) {
            outcome.complete(new ClaimOutcome.Full(reason));
        }

        @Override
        public void unknown(Throwable cause) {
            outcome.complete(new ClaimOutcome.Unknown(cause));
        }
    }

    /// A [TransactionLog#append], [TransactionLog#note] or [TransactionLog#renew].
    ///
    /// @param kind any but LEADER
    /// @param expectedOffset -1 for a LEASE, which belongs anywhere
    public record AppendRequest(
            EntryKind kind,
            Term term,
            long expectedOffset,
            ByteBuffer bytes,
            CompletableFuture<AppendOutcome> outcome)
            implements Request {
        @Override
        public void full(String reason) {
            outcome.complete(new AppendOutcome.Full(reason));
        }

        @Override
        public void unknown(Throwable cause) {
            outcome.complete(new AppendOutcome.Unknown(cause));
        }

        @Override
        public int bytesPending() {
            return bytes.remaining();
        }

        /// Whether it belongs elsewhere than at `end`.
        public boolean isMisplaced(long end) {
            return kind != EntryKind.LEASE && expectedOffset != end;
        }
    }

    private final String place;
    private final long maxPendingBytes;
    private final ReentrantLock lock;
    private final Condition changed;
    private final ArrayDeque<Request> requests = new ArrayDeque<>(); // guarded by lock
    private long pendingBytes; // guarded by lock
    private boolean closing; // guarded by lock
    private @Nullable String broken; // guarded by lock

    /// @param place names the log in messages
    /// @param lock guards the queue, and whatever else its thread waits for
    /// @param changed of that lock; signalled when there is something to take, or the end is near
    public LogQueue(String place, long maxPendingBytes, ReentrantLock lock, Condition changed) {
        this.place = place;
        this.maxPendingBytes = maxPendingBytes;
        this.lock = lock;
        this.changed = changed;
    }

    // ---- whoever asks

    /// See [TransactionLog#claim].
    public CompletionStage<ClaimOutcome> claim(String node, long expectedTailIndex) {
        int nameBytes = node.getBytes(UTF_8).length;
        checkArgument(
                nameBytes <= LEADER_MAX_BYTES,
                "node name of %d bytes exceeds %d: %s",
                nameBytes,
                LEADER_MAX_BYTES,
                node);
        var request = new ClaimRequest(node, expectedTailIndex, new CompletableFuture<>());
        add(request);
        return request.outcome();
    }

    /// See [TransactionLog#append].
    public CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes) {
        checkArgument(bytes.hasRemaining(), "nothing to append at offset %d", expectedOffset);
        checkArgument(expectedOffset >= 0, "append at negative offset %d", expectedOffset);
        return add(EntryKind.DATA, term, expectedOffset, bytes);
    }

    /// See [TransactionLog#note].
    public CompletionStage<AppendOutcome> note(
            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
        checkArgument(
                switch (kind) {
                    case DATA, LEADER, LEASE -> false;
                    case SNAPSHOT, CHECKSUM, SLOTS, ENGINE -> true;
                },
                "a %s entry is not a note",
                kind);
        return add(kind, term, expectedOffset, payload);
    }

    /// See [TransactionLog#renew].
    public CompletionStage<AppendOutcome> renew(Term term) {
        return add(EntryKind.LEASE, term, -1, NO_BYTES);
    }

    private CompletionStage<AppendOutcome> add(
            EntryKind kind, Term term, long expectedOffset, ByteBuffer bytes) {
        checkArgument(
                term.isNewerThan(Term.NONE), "term 0 is nobody's; claim the leadership first");
        var request =
                new AppendRequest(kind, term, expectedOffset, bytes, new CompletableFuture<>());
        add(request);
        return request.outcome();
    }

    private void add(Request request) {
        int bytes = request.bytesPending();
        lock.lock();
        try {
            if (closing || broken != null) {
                request.unknown(over());
            } else if (pendingBytes + bytes > maxPendingBytes) {
                request.full(
                        "%d bytes wait for %s already; the bound is %d"
                                .formatted(pendingBytes, place, maxPendingBytes));
            } else {
                pendingBytes += bytes;
                requests.addLast(request);
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /// See [TransactionLog#pendingBytes].
    public long pendingBytes() {
        lock.lock();
        try {
            return pendingBytes;
        } finally {
            lock.unlock();
        }
    }

    /// Takes no more requests. Those that wait are still the log's to decide.
    ///
    /// @return false when it was closed before
    public boolean close() {
        lock.lock();
        try {
            boolean first = !closing;
            closing = true;
            changed.signal();
            return first;
        } finally {
            lock.unlock();
        }
    }

    /// Whether it was closed.
    public boolean isClosing() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    /// Expects that it still takes requests.
    ///
    /// @throws IOException when it was closed, or has failed
    public void checkOpen() throws IOException {
        lock.lock();
        try {
            if (closing || broken != null) {
                throw over();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Why no more requests are taken.
    public IOException over() {
        lock.lock();
        try {
            var why = broken;
            return new IOException(why == null ? "the log %s is closed".formatted(place) : why);
        } finally {
            lock.unlock();
        }
    }

    // ---- the log's thread, which holds the lock

    /// Whether nothing waits.
    public boolean isEmpty() {
        checkHeld();
        return requests.isEmpty();
    }

    /// Takes requests out, the oldest first: as many as fit, but at least one if there is one.
    public void takeInto(Collection<Request> taken, int maxRequests, long maxBytes) {
        checkHeld();
        long bytes = 0;
        for (int i = 0; i < maxRequests && bytes < maxBytes && !requests.isEmpty(); i++) {
            var request = requests.removeFirst();
            bytes += request.bytesPending();
            taken.add(request);
        }
    }

    private void checkHeld() {
        checkState(lock.isHeldByCurrentThread(), "called without the lock of %s", place);
    }

    // ---- the log's thread, which does not

    /// The bytes of these requests are no longer pending. Called before they are answered, so that
    /// whoever is told finds room.
    public void decided(Collection<? extends Request> requests) {
        lock.lock();
        try {
            for (var request : requests) {
                pendingBytes -= request.bytesPending();
            }
        } finally {
            lock.unlock();
        }
    }

    /// The same for one.
    public void decided(Request request) {
        lock.lock();
        try {
            pendingBytes -= request.bytesPending();
        } finally {
            lock.unlock();
        }
    }

    /// Takes no more requests, because the log has failed.
    ///
    /// @param why what later callers are told
    /// @return all that wait, as [#end] gives them
    public List<Request> breakDown(String why) {
        lock.lock();
        try {
            broken = why;
            return end();
        } finally {
            lock.unlock();
        }
    }

    /// Hands out all that wait, in order. Nothing is pending any more.
    public List<Request> end() {
        lock.lock();
        try {
            var waiting = List.copyOf(requests);
            requests.clear();
            pendingBytes = 0;
            return waiting;
        } finally {
            lock.unlock();
        }
    }
}
