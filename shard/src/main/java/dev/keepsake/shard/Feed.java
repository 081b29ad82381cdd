package dev.keepsake.shard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Clock;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.log.TrimmedException;
import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends the log to a replica's engine, in the role of the primary that the engine follows. It
/// sends only committed entries, so a replica never holds data that a failover could take back.
///
/// An engine can follow only over TCP (`REPLICAOF host port`), so the feed listens on its own
/// loopback port. It answers nothing before `AUTH`. Threads: one virtual thread accepts, and each
/// connection has one that reads and one that writes. All of them block, so a slow engine slows
/// only its own feed. Closing the feed ends them all.
///
/// **Strangers.** Any process on this machine can connect. The feed closes a connection that does
/// not authenticate in time or gives a wrong password, and the oldest one when too many wait. So
/// strangers cost a bounded amount and cannot keep the engine out. The connection that has
/// authenticated last is the engine's.
///
/// **The port.** An engine cannot check that the feed answers it. So no other process may get the
/// port while an engine could connect to it: an engine is ended before its feed is closed. The port
/// is bound without `SO_REUSEADDR`. When the server is killed, the system therefore keeps the port
/// for the connections that were open, longer than the engines live.
///
/// **Start and continuation.** An engine without data gets the newest snapshot and the log behind
/// it. While it sends, the feed compares the log with the checksums that its writers left. It
/// reports a damaged log or snapshot and never skips it. It also reports entries or a snapshot of
/// an engine from which the present one cannot continue, and sends nothing of them, because engines
/// skip commands that they do not know. An engine that has led until now continues at its own
/// offset; see [Continuation].
///
/// Source of the protocol: Redis 7.0 `replication.c`, `syncWithMaster`. The engine accepts any
/// replication id. The feed always gives the log's, so that the engine can continue at any node of
/// the shard.
final class Feed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Feed.class);

    /// An RDB file without keys that Redis and Valkey load: magic and version, the end mark, and
    /// the checksum 0, which means "not checked".
    static final byte[] EMPTY_RDB = {
        'R', 'E', 'D', 'I', 'S', '0', '0', '0', '9', (byte) 0xFF, 0, 0, 0, 0, 0, 0, 0, 0
    };

    private static final int READ_MAX_BYTES = 1 << 20;
    private static final int RDB_CHUNK_BYTES = 256 * 1024;
    private static final int HANDSHAKE_MAX_BYTES = 4 * 1024;
    private static final int STRANGERS_MAX = 64;

    /// The source of the snapshot that a new engine starts from.
    interface Source {
        /// The newest snapshot, checked. Empty when the engine shall start with the log's first
        /// entry.
        Optional<Snapshot> newest() throws IOException;
    }

    /// Lets an engine that has led until now continue at its offset. Used for the engine's first
    /// question only.
    interface Continuation {
        /// Waits until the log holds everything before `offset`, which is all that the engine has
        /// executed. Blocks.
        ///
        /// @return the checksum of the log's data before `offset`
        /// @throws IOException when the engine may hold other data
        long awaitLogged(long offset) throws IOException, InterruptedException;
    }

    /// The position of the feed: everything before `offset` has been sent.
    ///
    /// @param nextIndex the entry to send next
    /// @param checksum the running checksum before `offset`
    /// @param writer the engine that wrote the entries before, if the log or its snapshot names it
    record Sent(long nextIndex, long offset, long checksum, @Nullable EngineStamp writer) {
        static final Sent NOTHING = new Sent(0, 0, 0, null);
    }

    private final FeedConfig config;
    private final TransactionLog log;
    private final Source source;
    private final Clock clock;
    private final ThreadFactory threads;
    private final Consumer<IOException> onFault;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final DelayLine delayLine;
    private final ServerSocketChannel listener;
    private final TransactionLog.Subscription subscription;
    private final Condition strangersChanged =
            lock.newCondition(); // one has authenticated or ended
    private final Set<SocketChannel> strangers = new LinkedHashSet<>(); // guarded by lock
    private @Nullable SocketChannel authenticated; // guarded by lock
    private final AtomicReference<@Nullable Continuation> continuation;
    private volatile Sent sent = Sent.NOTHING;
    private boolean closed;

    private Feed(
            FeedConfig config,
            TransactionLog log,
            Source source,
            Clock clock,
            ThreadFactory threads,
            @Nullable Continuation continuation,
            Consumer<IOException> onFault)
            throws IOException {
        this.continuation = new AtomicReference<>(continuation);
        this.config = config;
        this.log = log;
        this.source = source;
        this.clock = clock;
        this.threads = threads;
        this.onFault = onFault;
        this.listener = ServerSocketChannel.open();
        this.listener.setOption(StandardSocketOptions.SO_REUSEADDR, false);
        this.listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        this.delayLine = new DelayLine(config.delayNs(), log.tail().index());
        this.subscription = log.follow(this::onCommitted);
        onCommitted(log.tail()); // for commits between the two previous lines
    }

    /// Opens a feed on a free loopback port.
    ///
    /// @param onFault called on a thread of the feed when the log cannot be sent any more, with the
    ///   reason: a [NewerEngineException] when the present engine cannot continue from the log
    static Feed open(
            FeedConfig config,
            TransactionLog log,
            Source source,
            Clock clock,
            ThreadFactory threads,
            Consumer<IOException> onFault)
            throws IOException {
        return open(config, log, source, clock, threads, null, onFault);
    }

    /// Does the same as [#open(FeedConfig, TransactionLog, Source, Clock, ThreadFactory,
    /// Consumer)].
    ///
    /// @param continuation lets the engine continue that has led until now; null for an engine that
    ///   has not led
    static Feed open(
            FeedConfig config,
            TransactionLog log,
            Source source,
            Clock clock,
            ThreadFactory threads,
            @Nullable Continuation continuation,
            Consumer<IOException> onFault)
            throws IOException {
        var feed = new Feed(config, log, source, clock, threads, continuation, onFault);
        threads.newThread(feed::acceptUntilClosed).start();
        return feed;
    }

    int port() throws IOException {
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    /// The present position of the feed. Any thread. The engine may not have received the last
    /// bytes yet.
    Sent sent() {
        return sent;
    }

    /// Closes every connection; the threads end by themselves. Idempotent.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            strangersChanged.signalAll();
            strangers.forEach(Feed::closeQuietly);
            strangers.clear();
            if (authenticated != null) {
                closeQuietly(authenticated);
            }
        } finally {
            lock.unlock();
        }
        subscription.close();
        closeQuietly(listener);
    }

    private void onCommitted(Tail tail) {
        lock.lock();
        try {
            if (config.delayNs() > 0) {
                delayLine.committed(tail.index(), clock.nowNs());
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void acceptUntilClosed() {
        while (!isClosed()) {
            try {
                var stranger = listener.accept();
                if (admit(stranger)) {
                    threads.newThread(() -> serve(stranger)).start();
                    threads.newThread(() -> closeUnlessAuthenticated(stranger)).start();
                }
            } catch (IOException e) {
                if (!isClosed()) {
                    LOG.warn("feed node={} cannot accept reason={}", config.node(), e.getMessage());
                    return;
                }
            }
        }
    }

    /// Admits a connection that has not authenticated. When too many wait, the oldest one is
    /// closed.
    private boolean admit(SocketChannel stranger) {
        lock.lock();
        try {
            if (closed) {
                closeQuietly(stranger); // close() has not seen this connection
                return false;
            }
            if (strangers.size() >= STRANGERS_MAX) {
                var eldest = strangers.iterator().next();
                strangers.remove(eldest);
                strangersChanged.signalAll();
                closeQuietly(eldest);
            }
            return strangers.add(stranger);
        } finally {
            lock.unlock();
        }
    }

    private void closeUnlessAuthenticated(SocketChannel stranger) {
        lock.lock();
        try {
            long leftNs = config.handshakeNs();
            while (leftNs > 0 && strangers.contains(stranger)) {
                leftNs = strangersChanged.awaitNanos(leftNs);
            }
            if (strangers.remove(stranger)) {
                closeQuietly(stranger);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /// Makes an authenticated connection the engine's.
    ///
    /// @return false when the connection has been closed meanwhile
    private boolean becomeEngine(SocketChannel stranger) {
        lock.lock();
        try {
            if (stranger.equals(authenticated)) {
                return true;
            }
            if (!strangers.remove(stranger)) {
                return false;
            }
            strangersChanged.signalAll();
            if (authenticated != null) {
                closeQuietly(authenticated);
            }
            authenticated = stranger;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void leave(SocketChannel connection) {
        lock.lock();
        try {
            strangers.remove(connection);
            strangersChanged.signalAll();
            if (connection.equals(authenticated)) {
                authenticated = null;
            }
        } finally {
            lock.unlock();
        }
    }

    private void serve(SocketChannel engine) {
        try (engine) {
            answer(engine);
        } catch (IOException | ProtocolException e) {
            if (!isClosed()) {
                LOG.info("feed node={} connection ended reason={}", config.node(), e.getMessage());
            }
        } finally {
            leave(engine);
        }
    }

    /// Answers the handshake, starts the stream, and discards the engine's acknowledgements.
    private void answer(SocketChannel engine) throws IOException, ProtocolException {
        var framer = new CommandFramer(ProtocolLimits.standard());
        var received = ByteBuffer.allocate(HANDSHAKE_MAX_BYTES / 4);
        ByteBuf pending = Unpooled.buffer(256, 2 * HANDSHAKE_MAX_BYTES);
        boolean authenticated = false;
        boolean streaming = false;
        while (engine.read(received.clear()) >= 0) {
            pending.discardReadBytes().writeBytes(received.flip());
            for (var parsed = framer.parse(pending);
                    parsed != CommandFramer.Parsed.INCOMPLETE;
                    parsed = framer.parse(pending)) {
                // An engine that is busy loading sends empty lines to keep the connection alive.
                boolean command = parsed == CommandFramer.Parsed.COMMAND;
                String name = command ? argument(framer, pending, 0).toUpperCase(Locale.ROOT) : "";
                if (name.equals("AUTH")) {
                    authenticated = knowsPassword(framer, pending) && becomeEngine(engine);
                    if (!authenticated) {
                        send(engine, "-WRONGPASS not this feed's\r\n");
                        return;
                    }
                    send(engine, "+OK\r\n");
                } else if (name.equals("PING")) {
                    send(engine, "+PONG\r\n");
                } else if (!authenticated) {
                    send(engine, "-NOAUTH this feed serves one engine only\r\n");
                } else if (name.equals("PSYNC") && !streaming) {
                    var from = startStream(engine, framer, pending);
                    streaming = true;
                    threads.newThread(() -> stream(engine, from)).start();
                } else if (name.equals("REPLCONF") && !streaming) {
                    send(engine, "+OK\r\n");
                }
                pending.skipBytes(framer.lengthBytes());
            }
            if (pending.readableBytes() > HANDSHAKE_MAX_BYTES) {
                throw new ProtocolException(
                        "a command of more than %d bytes".formatted(HANDSHAKE_MAX_BYTES));
            }
        }
    }

    private boolean knowsPassword(CommandFramer framer, ByteBuf pending) {
        return framer.frame().argumentCount() == 3
                && argument(framer, pending, 1).equals(config.user())
                && MessageDigest.isEqual(
                        argument(framer, pending, 2).getBytes(UTF_8),
                        config.password().value().getBytes(UTF_8));
    }

    /// Starts the stream: in full or as a continuation.
    ///
    /// @return what the engine has before the stream
    private Sent startStream(SocketChannel engine, CommandFramer framer, ByteBuf pending)
            throws IOException {
        String id = config.replicationId();
        var leading = continuation.getAndSet(null);
        if (leading != null) {
            // The replication id in the question is one that the engine chose when it was promoted.
            long offset = offsetAsked(argument(framer, pending, 2));
            var from = continued(leading, offset);
            send(engine, "+CONTINUE %s\r\n".formatted(id));
            return from;
        }
        if (argument(framer, pending, 1).equals(id)) {
            long offset = offsetAsked(argument(framer, pending, 2));
            if (offset >= 0 && offset <= log.tail().endOffset()) {
                var from = guarded(() -> resume(offset));
                send(engine, "+CONTINUE %s\r\n".formatted(id));
                return from;
            }
        }
        var snapshot = guarded(this::newestForReader).orElse(null);
        if (snapshot == null) {
            send(engine, "+FULLRESYNC %s 0\r\n$%d\r\n".formatted(id, EMPTY_RDB.length));
            write(engine, ByteBuffer.wrap(EMPTY_RDB));
            return Sent.NOTHING;
        }
        try (var rdb = FileChannel.open(snapshot.file())) {
            send(
                    engine,
                    "+FULLRESYNC %s %d\r\n$%d\r\n".formatted(id, snapshot.offset(), rdb.size()));
            // transferTo is not used, because it blocks its carrier thread while the engine is
            // busy.
            var chunk = ByteBuffer.allocate(RDB_CHUNK_BYTES);
            while (rdb.read(chunk.clear()) >= 0) {
                write(engine, chunk.flip());
            }
        }
        return guarded(() -> sentBy(snapshot));
    }

    /// The newest snapshot, if there is one. Checks that the engine can continue from it.
    private Optional<Snapshot> newestForReader() throws IOException {
        var snapshot = source.newest();
        if (snapshot.isPresent()) {
            snapshot.get().expectFor(config.reader());
        }
        return snapshot;
    }

    private Sent continued(Continuation leading, long offset) throws IOException {
        try {
            long checksum = leading.awaitLogged(offset);
            // This engine has led until now, so it is the last one that the log names.
            return new Sent(guarded(() -> log.indexOf(offset)), offset, checksum, config.reader());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the end of a handover", e);
        }
    }

    /// The offset before the requested byte, or -1 when the request is not a number.
    private static long offsetAsked(String nextByte) {
        try {
            return Long.parseLong(nextByte) - 1;
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    private static Sent sentBy(Snapshot snapshot) throws IOException {
        return new Sent(
                snapshot.nextIndex(),
                snapshot.offset(),
                snapshot.checksum(),
                snapshot.writer().orElse(null));
    }

    private LogFacts factsAt(Sent from) {
        return new LogFacts(config.reader(), from.checksum(), from.writer());
    }

    /// Computes the checksum at the beginning of the entry that holds `offset`, by reading all
    /// entries after the newest snapshot. This is rare, and the engine is seldom far behind.
    private Sent resume(long offset) throws IOException {
        long until = log.indexOf(offset);
        var snapshot = source.newest();
        var from = snapshot.isPresent() ? sentBy(snapshot.get()) : Sent.NOTHING;
        var facts = factsAt(from);
        long index = from.nextIndex();
        if (index > until) {
            throw new TrimmedException(
                    "the engine of node %s continues at offset %d, which is before the newest snapshot"
                            .formatted(config.node(), offset));
        }
        while (index < until) {
            for (var entry : log.read(index, READ_MAX_BYTES)) {
                if (index < until) {
                    index = entry.index() + 1;
                    facts.add(entry);
                }
            }
        }
        return new Sent(until, offset, facts.checksum(), facts.writer());
    }

    private void stream(SocketChannel engine, Sent from) {
        try (engine) {
            var facts = factsAt(from);
            long offset = from.offset();
            long index = from.nextIndex();
            sent = from;
            while (awaitVisible(index)) {
                long next = index;
                long visible = visibleIndex();
                for (var entry : guarded(() -> log.read(next, READ_MAX_BYTES))) {
                    if (entry.index() > visible) {
                        break;
                    }
                    index = entry.index() + 1;
                    guarded(() -> {
                        facts.add(entry);
                        return entry;
                    });
                    long end = entry.endOffset();
                    sent = new Sent(index, end, facts.checksum(), facts.writer());
                    if (end > offset) {
                        var payload = entry.payload();
                        payload.position(Math.toIntExact(offset - entry.firstOffset()));
                        write(engine, payload);
                        offset = end;
                    }
                }
            }
        } catch (ClosedChannelException e) {
            LOG.debug("feed node={} stream ended by the engine", config.node());
        } catch (IOException e) {
            if (!isClosed()) {
                LOG.info("feed node={} stream ended reason={}", config.node(), e.getMessage());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Reading<T> {
        T read() throws IOException;
    }

    /// Reads from the log or a snapshot, and reports a failure to the owner.
    private <T> T guarded(Reading<T> reading) throws IOException {
        try {
            return reading.read();
        } catch (ClosedChannelException e) {
            throw e; // the log is being closed, and this feed will be closed, too
        } catch (IOException e) {
            if (!isClosed()) {
                onFault.accept(e);
            }
            throw e;
        }
    }

    /// Waits until the entry `index` may be sent.
    ///
    /// @return false when the feed has been closed
    private boolean awaitVisible(long index) throws InterruptedException {
        lock.lock();
        try {
            while (!closed && visibleIndex() < index) {
                long waitNs = delayLine.nextInNs(clock.nowNs());
                if (waitNs == Long.MAX_VALUE) {
                    changed.await();
                } else {
                    changed.awaitNanos(waitNs);
                }
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private long visibleIndex() {
        return Math.min(config.lastIndex(), visibleNow());
    }

    private long visibleNow() {
        if (config.delayNs() == 0) {
            return log.tail().index();
        }
        lock.lock();
        try {
            return delayLine.visibleIndex(clock.nowNs());
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private static String argument(CommandFramer framer, ByteBuf pending, int i) {
        var frame = framer.frame();
        if (i >= frame.argumentCount()) {
            return "";
        }
        return pending.toString(pending.readerIndex() + frame.start(i), frame.length(i), UTF_8);
    }

    private static void send(SocketChannel engine, String text) throws IOException {
        write(engine, ByteBuffer.wrap(text.getBytes(US_ASCII)));
    }

    private static void write(SocketChannel engine, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            engine.write(bytes);
        }
    }

    private static void closeQuietly(Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            LOG.debug("closing a feed's socket failed", e);
        }
    }
}
