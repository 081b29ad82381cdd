package dev.keepsake.shard;

import dev.keepsake.core.Term;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.RunningChecksum;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.resp.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/// The stream of an engine that leads, on its way from the tap into the log, for one term: cuts it
/// into whole units, hands these to a [LogWriter], and keeps what they have published until that is
/// durable. Owned by the node's event loop.
///
/// What may gather here is bounded. The tap is not read while too much is undecided, or while there
/// is no memory yet for a large unit that has begun to arrive: of those, all nodes together hold a
/// few ([UnitRoom]). A log that has no room is offered the same bytes again every 100 ms.
final class PrimaryStream implements Tap.Sink {
    /// The node whose engine leads. Told on the event loop.
    interface Owner {
        /// The engine continues where the log ends. The stream begins when this returns; before
        /// that the owner may [#begin] it.
        void onAttached();

        /// Everything before `endOffset` is durable.
        ///
        /// @param published what was published before there, and has not been told
        void onDurable(long endOffset, List<Publication> published);

        /// The log has no room for more, for a reason that people are told; null when it has room
        /// again.
        void onLogFull(@Nullable String reason);

        /// The term is over: fenced, or an outcome is unknown.
        void onLost(AppendOutcome outcome);

        /// The stream cannot be continued.
        ///
        /// @param reason why, for people
        void onBroken(String reason);

        /// Lets the tap be read, or not any more.
        void read(boolean wanted);
    }

    /// Does something on the event loop after a pause.
    interface Pause {
        void then(long pauseMs, Runnable action);
    }

    /// How much may be in memory.
    ///
    /// @param unitMaxBytes the longest command or transaction that is taken
    /// @param undecidedMaxBytes how much of the stream may be undecided before it is read no
    ///   further
    record Bounds(int unitMaxBytes, long undecidedMaxBytes) {}

    private record Undecided(long endOffset, Publication publication) {}

    static final long FULL_RETRY_MS = 100;

    private final Bounds bounds;
    private final UnitRoom unitRoom;
    private final Executor loop;
    private final Pause pause;
    private final ThreadFactory threads;
    private final Owner owner;
    private final LogWriter writer;
    private final StreamFramer framer;
    private final LargeUnit large = new LargeUnit();
    private final ArrayDeque<Undecided> publications = new ArrayDeque<>();
    private boolean closed;

    /// @param fromOffset the end of the log, where the stream begins
    /// @param checksum of the log's data before that
    /// @param unitRoom how many large units may be in memory at once
    /// @param loop the event loop
    /// @param threads makes the virtual threads on which memory is made
    PrimaryStream(
            TransactionLog log,
            Term term,
            long fromOffset,
            RunningChecksum checksum,
            Bounds bounds,
            UnitRoom unitRoom,
            Executor loop,
            Pause pause,
            ThreadFactory threads,
            Owner owner) {
        this.bounds = bounds;
        this.unitRoom = unitRoom;
        this.loop = loop;
        this.pause = pause;
        this.threads = threads;
        this.owner = owner;
        this.writer = new LogWriter(log, term, fromOffset, checksum, loop, new WriterListener());
        this.framer = new StreamFramer(bounds.unitMaxBytes());
    }

    /// Says first which engine writes the stream. Before anything is taken in.
    void begin(EngineStamp engine) {
        writer.begin(engine);
    }

    /// Everything before this is durable.
    long durableOffset() {
        return writer.durableOffset();
    }

    /// Where the stream ends that has been taken in.
    long endOffset() {
        return writer.endOffset();
    }

    /// The checksum of the log's data up to there.
    long checksum() {
        return writer.checksum();
    }

    @Override
    public void onAttached() {
        owner.onAttached();
    }

    @Override
    public void onStream(ByteBuf bytes) {
        if (closed) {
            bytes.release();
            return;
        }
        StreamFramer.Units units;
        try {
            units = framer.accept(bytes, ByteBufAllocator.DEFAULT);
        } catch (ProtocolException e) {
            owner.onBroken("its stream cannot be logged: " + e.getMessage());
            return;
        }
        if (!units.isEmpty()) {
            append(units, framer.takePublished());
        }
        large.makeRoom();
        readAsAllowed();
    }

    /// Takes in the next whole units.
    ///
    /// @param published by them, in their order
    void append(StreamFramer.Units units, List<Publication> published) {
        boolean takesRoom = large.leavesWith(units);
        writer.append(
                units.bytes(),
                units.crc32c(),
                () -> {
                    units.release();
                    if (takesRoom) {
                        unitRoom.giveBack();
                    }
                });
        for (var publication : published) {
            publications.addLast(new Undecided(writer.endOffset(), publication));
        }
    }

    /// Lets the tap be read when little is undecided, and not any more when much is; in between
    /// stays what was.
    void readAsAllowed() {
        long undecidedBytes = writer.undecidedBytes();
        if (large.isAwaited || undecidedBytes > bounds.undecidedMaxBytes()) {
            owner.read(false);
        } else if (undecidedBytes <= bounds.undecidedMaxBytes() / 2) {
            owner.read(true);
        }
    }

    @Override
    public void onDetached(String reason) {
        if (!closed) {
            close();
            owner.onBroken(reason);
        }
    }

    /// Takes nothing more, and offers the log nothing again that it has refused. What the log has
    /// not decided yet it may still append, which is told. Idempotent.
    void close() {
        closed = true;
        framer.close();
        large.giveUp();
        writer.close();
    }

    /// The one large unit that is under way, and the memory for it.
    private final class LargeUnit {
        private boolean isAwaited; // the memory, or that there may be so much
        private boolean hasRoom; // among all that may be in memory

        /// There may be one more large unit in memory: that which has begun to arrive. The tap is
        /// read on when the memory is there.
        private void makeRoom() {
            int bytes = framer.roomNeeded();
            if (bytes == 0 || isAwaited) {
                return;
            }
            isAwaited = true;
            if (hasRoom) {
                makeMemory(bytes);
            } else {
                unitRoom.ask(() -> loop.execute(() -> makeMemory(bytes)));
            }
        }

        private void makeMemory(int bytes) {
            if (closed) {
                unitRoom.giveBack();
                return;
            }
            hasRoom = true;
            threads.newThread(
                            () -> {
                                try {
                                    var memory = StreamFramer.large(bytes);
                                    loop.execute(() -> onMemory(memory));
                                } catch (OutOfMemoryError e) {
                                    loop.execute(() -> onNoMemory(bytes));
                                }
                            })
                    .start();
        }

        private void onNoMemory(int bytes) {
            if (!closed) {
                owner.onBroken(
                        "there is no memory for %d bytes of one unit of its stream"
                                .formatted(bytes));
            }
        }

        private void onMemory(ByteBuf memory) {
            isAwaited = false;
            if (closed) {
                memory.release();
                return;
            }
            framer.giveRoom(memory);
            readAsAllowed();
        }

        /// Whether units take the room with them, until the log has them.
        private boolean leavesWith(StreamFramer.Units units) {
            boolean leaves = hasRoom && units.bytes().remaining() > StreamFramer.LARGE_UNIT_BYTES;
            hasRoom &= !leaves;
            return leaves;
        }

        private void giveUp() {
            if (hasRoom) {
                hasRoom = false;
                unitRoom.giveBack();
            }
        }
    }

    private final class WriterListener implements LogWriter.Listener {
        private boolean isFull;

        @Override
        public void onDurable(long endOffset) {
            readAsAllowed();
            owner.onDurable(endOffset, published(endOffset));
        }

        private List<Publication> published(long endOffset) {
            var first = publications.peekFirst();
            if (first == null || first.endOffset() > endOffset) {
                return List.of(); // nearly always
            }
            var published = new ArrayList<Publication>();
            for (var next = first;
                    next != null && next.endOffset() <= endOffset;
                    next = publications.peekFirst()) {
                publications.removeFirst();
                published.add(next.publication());
            }
            return published;
        }

        @Override
        public void onFull(String reason) {
            if (!isFull) {
                isFull = true;
                owner.onLogFull(reason);
            }
            pause.then(FULL_RETRY_MS, this::offerAgain);
        }

        private void offerAgain() {
            if (!closed && !writer.offerAgain()) {
                pause.then(FULL_RETRY_MS, this::offerAgain);
            }
        }

        @Override
        public void onRoom() {
            isFull = false;
            owner.onLogFull(null);
        }

        @Override
        public void onLost(AppendOutcome outcome) {
            owner.onLost(outcome);
        }
    }
}
