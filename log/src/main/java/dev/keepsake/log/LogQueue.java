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

/// The bounded queue of requests that a log has not decided yet. Any thread may add requests. One
/// thread of the log takes them out in the order of the calls, and answers them.
///
/// The bound counts bytes. A request beyond the bound, or after the log has closed or failed, is
/// answered at once, before the requests that wait; see [TransactionLog]. The bytes of a request
/// count until it is [decided][#decided], so requests that the log has taken out still count.
public final class LogQueue {
    // Bound of a leader's name in UTF-8: a segment stores its length in one byte.
    private static final int LEADER_MAX_BYTES = 255;

    private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0).asReadOnlyBuffer();

    /// A request to a log. It is answered once; later answers have no effect.
    public sealed interface Request {
        /// Answers that there is no room, and that nothing was written.
        void full(String reason);

        /// Answers that it is unknown whether the request was written.
        void unknown(Throwable cause);

        /// How many bytes the request adds to the queue.
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
    /// @param kind any kind but LEADER
    /// @param expectedOffset -1 for a LEASE, which may be at any offset
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

        /// Whether the request expects another end of the log than `end`.
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

    /// An empty queue.
    ///
    /// @param place names the log in messages
    /// @param lock guards the queue; the log's thread may guard more with it
    /// @param changed a condition of `lock`, signalled when a request arrives and when the queue is
    ///   closed
    public LogQueue(String place, long maxPendingBytes, ReentrantLock lock, Condition changed) {
        this.place = place;
        this.maxPendingBytes = maxPendingBytes;
        this.lock = lock;
        this.changed = changed;
    }

    // ---- for callers of the log, any thread

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
                term.isNewerThan(Term.NONE), "term 0 has no leader; claim the leadership first");
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

    /// Closes the queue for further requests. The log still decides those that wait.
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

    /// Whether [#close] has been called.
    public boolean isClosing() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    /// Checks that the queue accepts requests.
    ///
    /// @throws IOException when it was closed, or the log has failed
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

    /// The reason why no more requests are accepted.
    public IOException over() {
        lock.lock();
        try {
            var why = broken;
            return new IOException(why == null ? "the log %s is closed".formatted(place) : why);
        } finally {
            lock.unlock();
        }
    }

    // ---- for the log's thread, which holds the lock

    /// Whether no request waits.
    public boolean isEmpty() {
        checkHeld();
        return requests.isEmpty();
    }

    /// Takes requests out, the oldest first, until one of the bounds is reached; at least one if
    /// there is one.
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

    // ---- for the log's thread, without the lock

    /// Ends the counting of these requests' bytes. Called before the requests are answered, so that
    /// a caller who reacts to the answer finds room.
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

    /// Ends the counting of one request's bytes.
    public void decided(Request request) {
        lock.lock();
        try {
            pendingBytes -= request.bytesPending();
        } finally {
            lock.unlock();
        }
    }

    /// Stops accepting requests, because the log has failed.
    ///
    /// @param why the reason that later callers get
    /// @return all requests that wait, as from [#end]
    public List<Request> breakDown(String why) {
        lock.lock();
        try {
            broken = why;
            return end();
        } finally {
            lock.unlock();
        }
    }

    /// Takes out all requests that wait, in order. No bytes are pending any more.
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
