package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkState;

import dev.keepsake.core.Term;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.RunningChecksum;
import dev.keepsake.log.TransactionLog;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Puts the stream of one term into the log, in order, and keeps what is not durable yet. Owned by
/// the node's event loop.
///
/// When the log has no room it refuses the append and all behind it. Nothing is lost then: the
/// bytes stay here, every reply stays parked, and [#offerAgain] hands them over once more. How much
/// may gather here is the owner's to bound, by [#undecidedBytes].
///
/// A term whose engine is another than the log tells of begins with an ENGINE entry. Nothing of its
/// stream is offered before that entry is durable: whoever reads the stream has been told who wrote
/// it.
///
/// Every so often it leaves the checksum of all that it has written in the log, for those who read
/// it. A checksum that is refused is not repeated; the next one covers what it would have covered.
final class LogWriter {
    /// Told on the event loop.
    interface Listener {
        /// Everything before `endOffset` is durable.
        void onDurable(long endOffset);

        /// The log has no room; `offerAgain` is due after a while.
        void onFull(String reason);

        /// Everything that was refused for want of room is durable now.
        void onRoom();

        /// The term is over: fenced, or an outcome is unknown.
        void onLost(AppendOutcome outcome);
    }

    private static final class Piece {
        final long firstOffset;
        final ByteBuffer bytes;
        private final Runnable onUnneeded;
        boolean underWay; // the log may be reading the bytes
        private boolean released;

        Piece(long firstOffset, ByteBuffer bytes, Runnable onUnneeded) {
            this.firstOffset = firstOffset;
            this.bytes = bytes;
            this.onUnneeded = onUnneeded;
        }

        void release() {
            if (!released) {
                released = true;
                onUnneeded.run();
            }
        }
    }

    private final TransactionLog log;
    private final Term term;
    static final int CHECKSUM_EVERY_BYTES = 1 << 20;

    private final Executor loop;
    private final Listener listener;
    private final RunningChecksum checksum;

    private final ArrayDeque<Piece> undecided = new ArrayDeque<>();
    private long endOffset;
    private long durableOffset;
    private long undecidedBytes;
    private long uncheckedBytes;
    private int outcomesAwaited;
    private @Nullable EngineStamp owed; // the ENGINE entry that everything else waits for
    private boolean refused;
    private boolean wasFull;
    private boolean lost;
    private boolean closed;

    /// @param checksum of the log's data before `fromOffset`
    LogWriter(
            TransactionLog log,
            Term term,
            long fromOffset,
            RunningChecksum checksum,
            Executor loop,
            Listener listener) {
        this.checksum = checksum;
        this.log = log;
        this.term = term;
        this.endOffset = fromOffset;
        this.durableOffset = fromOffset;
        this.loop = loop;
        this.listener = listener;
    }

    long durableOffset() {
        return durableOffset;
    }

    /// Where the stream ends that has been taken in.
    long endOffset() {
        return endOffset;
    }

    /// The checksum of the log's data up to there.
    long checksum() {
        return checksum.value();
    }

    /// How many bytes have been taken in and are not durable.
    long undecidedBytes() {
        return undecidedBytes;
    }

    /// Appends the next bytes of the stream; does nothing once the term is over.
    ///
    /// @param bytes the caller's no longer
    void append(ByteBuffer bytes) {
        var crc = new CRC32C();
        crc.update(bytes.duplicate());
        append(bytes, crc.getValue(), () -> {});
    }

    /// As [#append(ByteBuffer)].
    ///
    /// @param crc32c the checksum of the bytes
    /// @param onUnneeded called once, when neither the log nor this needs the bytes any more
    void append(ByteBuffer bytes, long crc32c, Runnable onUnneeded) {
        if (lost || closed) {
            onUnneeded.run();
            return;
        }
        var piece = new Piece(endOffset, bytes, onUnneeded);
        endOffset += bytes.remaining();
        undecidedBytes += bytes.remaining();
        undecided.addLast(piece);
        checksum.add(crc32c, bytes.remaining());
        uncheckedBytes += bytes.remaining();
        if (!refused) {
            offer(piece);
            if (uncheckedBytes >= CHECKSUM_EVERY_BYTES) {
                uncheckedBytes = 0;
                noteChecksum();
            }
        }
    }

    /// Says first which engine writes the stream. Before anything is appended.
    void begin(EngineStamp engine) {
        checkState(undecided.isEmpty(), "the stream has begun already");
        owed = engine;
        refused = true; // so that the stream gathers until it may be offered
        offer(engine);
    }

    private void offer(EngineStamp engine) {
        outcomesAwaited++;
        // Nothing has been offered yet, so the log ends where the stream begins.
        log.note(term, EntryKind.ENGINE, durableOffset, engine.encode())
                .whenComplete((outcome, failure) -> {
                    var decided = failure == null ? outcome : new AppendOutcome.Unknown(failure);
                    loop.execute(() -> onBegun(decided));
                });
    }

    private void onBegun(AppendOutcome outcome) {
        outcomesAwaited--;
        if (lost || closed) {
            return;
        }
        switch (outcome) {
            case AppendOutcome.Appended _ -> {
                owed = null;
                refused = false;
                undecided.forEach(this::offer);
                tellOfRoom();
            }
            case AppendOutcome.Full(String reason) -> {
                wasFull = true;
                listener.onFull(reason);
            }
            case AppendOutcome.Misplaced(long end) ->
                    lose(
                            new AppendOutcome.Unknown(
                                    new IllegalStateException(
                                            "the log ends at offset %d, but the term begins at %d"
                                                    .formatted(end, durableOffset))));
            case AppendOutcome.Fenced _, AppendOutcome.Unknown _ -> lose(outcome);
        }
    }

    private void noteChecksum() {
        var payload = ByteBuffer.allocate(Long.BYTES).putLong(checksum.value()).flip();
        log.note(term, EntryKind.CHECKSUM, endOffset, payload)
                .whenComplete((outcome, failure) -> {
                    if (failure != null) {
                        loop.execute(() -> loseUnlessLost(new AppendOutcome.Unknown(failure)));
                    } else if (outcome instanceof AppendOutcome.Unknown
                            || outcome instanceof AppendOutcome.Fenced) {
                        loop.execute(() -> loseUnlessLost(outcome));
                    }
                });
    }

    private void loseUnlessLost(AppendOutcome outcome) {
        if (!lost) {
            lose(outcome);
        }
    }

    /// Offers again what was refused for want of room.
    ///
    /// @return false while outcomes of the refused offer are still awaited: try once more later
    boolean offerAgain() {
        if (outcomesAwaited > 0 && !lost) {
            return false;
        }
        var first = owed;
        if (first != null && !lost && !closed) {
            offer(first);
        } else if (refused && !lost) {
            refused = false;
            undecided.forEach(this::offer);
        }
        return true;
    }

    private void offer(Piece piece) {
        outcomesAwaited++;
        piece.underWay = true;
        log.append(term, piece.firstOffset, piece.bytes.duplicate())
                .whenComplete((outcome, failure) -> {
                    var decided = failure == null ? outcome : new AppendOutcome.Unknown(failure);
                    loop.execute(() -> onOutcome(piece, decided));
                });
    }

    private void onOutcome(Piece piece, AppendOutcome outcome) {
        outcomesAwaited--;
        piece.underWay = false;
        if (lost) {
            piece.release();
            return;
        }
        switch (outcome) {
            case AppendOutcome.Appended(long _, long end) -> onAppended(piece, end);
            case AppendOutcome.Full(String reason) -> onRefused(piece, reason);
            case AppendOutcome.Misplaced(long end) -> {
                // Normal behind a refusal; never for the oldest bytes, which begin at the log's
                // end.
                if (refused) {
                    releaseIfClosed(piece);
                    break;
                }
                lose(
                        new AppendOutcome.Unknown(
                                new IllegalStateException(
                                        "the log ends at offset %d, but the stream goes on at %d"
                                                .formatted(end, piece.firstOffset))));
            }
            case AppendOutcome.Fenced _, AppendOutcome.Unknown _ -> lose(outcome);
        }
    }

    private void lose(AppendOutcome outcome) {
        lost = true;
        forgetUndecided();
        listener.onLost(outcome);
    }

    /// Nothing more is appended, and what the log has refused is not offered again. What it has not
    /// decided yet it may still append. Idempotent.
    void close() {
        closed = true;
        undecided.removeIf(piece -> {
            if (!piece.underWay) {
                piece.release();
            }
            return !piece.underWay;
        });
    }

    private void releaseIfClosed(Piece piece) {
        if (closed) {
            piece.release();
        }
    }

    private void forgetUndecided() {
        undecided.stream().filter(piece -> !piece.underWay).forEach(Piece::release);
        undecided.clear();
        undecidedBytes = 0;
    }

    private void onAppended(Piece piece, long end) {
        var oldest = undecided.peekFirst();
        if (oldest == null
                || oldest.firstOffset != piece.firstOffset
                || end != piece.firstOffset + piece.bytes.remaining()) {
            lose(
                    new AppendOutcome.Unknown(
                            new IllegalStateException(
                                    "the log acknowledged offset %d out of order".formatted(end))));
            return;
        }
        undecided.removeFirst();
        undecidedBytes -= piece.bytes.remaining();
        piece.release();
        durableOffset = end;
        listener.onDurable(end);
        tellOfRoom();
    }

    private void tellOfRoom() {
        if (wasFull && !refused && undecided.isEmpty()) {
            wasFull = false;
            listener.onRoom();
        }
    }

    private void onRefused(Piece piece, String reason) {
        releaseIfClosed(piece);
        if (!refused) {
            refused = true;
            wasFull = true;
            listener.onFull(reason);
        }
    }
}
