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

/// Appends the stream of one term to the log, in order, and keeps the bytes until they are durable.
/// Owned by the node's event loop.
///
/// When the log has no room, it refuses the append and all appends behind it. Nothing is lost then:
/// the bytes stay here, every reply stays parked, and [#offerAgain] appends the bytes again. The
/// owner has to bound how many bytes gather here; see [#undecidedBytes].
///
/// If the log names another engine than the term's, the term begins with an ENGINE entry. No byte
/// of the stream is appended before that entry is durable, so every reader of the stream knows
/// which engine wrote it.
///
/// At regular distances the writer appends the checksum of all data so far, for readers to compare.
/// A checksum that the log refuses is not repeated; the next one covers the same data.
final class LogWriter {
    /// Receives the progress, on the event loop.
    interface Listener {
        /// Everything before `endOffset` is durable.
        void onDurable(long endOffset);

        /// The log has no room. Call `offerAgain` after a while.
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
    private @Nullable EngineStamp owed; // the ENGINE entry that the stream waits for
    private boolean refused;
    private boolean wasFull;
    private boolean lost;
    private boolean closed;

    /// @param checksum the checksum of the log's data before `fromOffset`
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

    /// The end of the stream that has been passed to this writer.
    long endOffset() {
        return endOffset;
    }

    /// The checksum of the log's data before [#endOffset].
    long checksum() {
        return checksum.value();
    }

    /// How many bytes have been passed to this writer and are not durable.
    long undecidedBytes() {
        return undecidedBytes;
    }

    /// Appends the next bytes of the stream. Does nothing once the term is over.
    ///
    /// @param bytes belong to this writer from now on
    void append(ByteBuffer bytes) {
        var crc = new CRC32C();
        crc.update(bytes.duplicate());
        append(bytes, crc.getValue(), () -> {});
    }

    /// Does the same as [#append(ByteBuffer)].
    ///
    /// @param crc32c the checksum of the bytes
    /// @param onUnneeded called once, when neither the log nor this writer needs the bytes any more
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

    /// Appends the ENGINE entry that names the engine of the stream. Call it before the first
    /// append.
    void begin(EngineStamp engine) {
        checkState(undecided.isEmpty(), "the stream has begun already");
        owed = engine;
        refused = true; // the stream gathers until the ENGINE entry is durable
        offer(engine);
    }

    private void offer(EngineStamp engine) {
        outcomesAwaited++;
        // No byte of the stream has been appended yet, so the log ends where the stream begins.
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
                reportRoom();
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

    /// Appends again what was refused for want of room.
    ///
    /// @return false while outcomes of the refused appends are still awaited; call again later
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
                // Expected behind a refusal, but never for the oldest bytes, which begin at the
                // log's end.
                if (refused) {
                    releaseIfClosed(piece);
                    break;
                }
                lose(
                        new AppendOutcome.Unknown(
                                new IllegalStateException(
                                        "the log ends at offset %d, but the stream continues at %d"
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

    /// Stops appending; refused bytes are not appended again. Appends that the log has not decided
    /// yet may still become durable. Idempotent.
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
        reportRoom();
    }

    private void reportRoom() {
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
