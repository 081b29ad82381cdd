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

/// Gives the log to a replica's engine, as the primary that the engine believes it follows.
/// Committed entries only, so a replica never holds what a failover could take back.
///
/// An engine can follow only over TCP (`REPLICAOF host port`), so the feed listens on a loopback
/// port of its own and answers nothing before `AUTH`. Threads: one virtual thread accepts, and each
/// connection has one that reads and one that writes; all block, and a slow engine slows only its
/// own feed. Closing ends them all.
///
/// Anybody on this machine can connect. Who has not authenticated in time is closed, as is who
/// gives a wrong password, and who came first when too many wait; so strangers cost a bounded
/// amount and cannot keep the engine out. One connection is the engine's: the newest that has
/// authenticated. An engine cannot tell whether it is the feed that answers, so nobody else may
/// ever get the port while an engine would connect to it. Engines are gone before their feed is
/// closed. And the port is bound without `SO_REUSEADDR`: when the server is killed, the system
/// keeps the port for the connections that were open, longer than the engines live.
///
/// An engine that begins is given the newest snapshot and the log behind it. On its way the log is
/// checked against the checksums that its writers left in it; a log or snapshot that is damaged is
/// reported and never passed over. So is what an engine wrote that the present one cannot go on
/// from, of which it is given nothing: engines skip commands that they do not know. An engine that
/// has led until now goes on where it stands: see [Continuation].
///
/// Source of the protocol: Redis 7.0 `replication.c`, `syncWithMaster`. The engine accepts any
/// replication id; the feed always gives the log's, so that any node of the shard can continue
/// there.
final class Feed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Feed.class);

    /// A data set without keys, as a file that Redis and Valkey load: magic and version, the end
    /// mark, and a checksum of 0, which means "not checked".
    static final byte[] EMPTY_RDB = {
        'R', 'E', 'D', 'I', 'S', '0', '0', '0', '9', (byte) 0xFF, 0, 0, 0, 0, 0, 0, 0, 0
    };

    private static final int READ_MAX_BYTES = 1 << 20;
    private static final int RDB_CHUNK_BYTES = 256 * 1024;
    private static final int HANDSHAKE_MAX_BYTES = 4 * 1024;
    private static final int STRANGERS_MAX = 64;

    /// Where an engine that begins starts from.
    interface Source {
        /// The snapshot, checked; empty to begin with the log's first entry.
        Optional<Snapshot> newest() throws IOException;
    }

    /// Lets an engine go on that has led until now, when it asks for the first time.
    interface Continuation {
        /// Waits until the log holds everything before `offset`, which is all that the engine has
        /// executed. Blocks.
        ///
        /// @return the checksum of the log's data before `offset`
        /// @throws IOException when the engine may hold anything else
        long awaitLogged(long offset) throws IOException, InterruptedException;
    }

    /// How far the feed has gone: everything before `offset`, whose checksum is `checksum`.
    ///
    /// @param writer the engine that wrote what was before, if the log or its snapshot has told
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
    private final Condition settled = lock.newCondition(); // a stranger is none any more
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
        onCommitted(log.tail()); // what was committed between these two lines
    }

    /// Opens a feed on a free loopback port.
    ///
    /// @param onFault told why the log cannot be given any more, on a thread of the feed: a
    ///   [NewerEngineException] when it is not for this engine
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

    /// As [#open(FeedConfig, TransactionLog, Source, Clock, ThreadFactory, Consumer)].
    ///
    /// @param continuation lets the engine go on that has led until now; null for one that has not
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

    /// How far it has gone. Any thread; a moment before the engine has received it.
    Sent sent() {
        return sent;
    }

    /// Ends every connection. Idempotent; the threads end by themselves.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            settled.signalAll();
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

    /// Lets somebody try, instead of who has waited longest if there are too many.
    private boolean admit(SocketChannel stranger) {
        lock.lock();
        try {
            if (closed) {
                closeQuietly(stranger); // it came too late for close() to see it
                return false;
            }
            if (strangers.size() >= STRANGERS_MAX) {
                var eldest = strangers.iterator().next();
                strangers.remove(eldest);
                settled.signalAll();
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
                leftNs = settled.awaitNanos(leftNs);
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

    /// @return false when the connection has been given up meanwhile
    private boolean becomeEngine(SocketChannel stranger) {
        lock.lock();
        try {
            if (stranger.equals(authenticated)) {
                return true;
            }
            if (!strangers.remove(stranger)) {
                return false;
            }
            settled.signalAll();
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
            settled.signalAll();
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

    /// Answers the handshake, then starts the stream and reads the engine's acknowledgements away.
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
                // An engine that is busy loading shows that it lives with empty lines.
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

    /// Decides between a full start and a continuation.
    ///
    /// @return what the engine has
    private Sent startStream(SocketChannel engine, CommandFramer framer, ByteBuf pending)
            throws IOException {
        String id = config.replicationId();
        var leading = continuation.getAndSet(null);
        if (leading != null) {
            // It asks by an id that it has made up when it was promoted.
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
            // Not transferTo, which holds on to its carrier thread while the engine is busy.
            var chunk = ByteBuffer.allocate(RDB_CHUNK_BYTES);
            while (rdb.read(chunk.clear()) >= 0) {
                write(engine, chunk.flip());
            }
        }
        return guarded(() -> sentBy(snapshot));
    }

    /// The snapshot to begin with, which the engine has to be able to go on from.
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
            // It has led until now, so it is what the log tells last.
            return new Sent(guarded(() -> log.indexOf(offset)), offset, checksum, config.reader());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while an engine hands over", e);
        }
    }

    /// The offset before the byte that is asked for, or -1 when that is no number.
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

    /// Computes the checksum at the beginning of the entry that holds `offset`, by reading from the
    /// newest snapshot on. Engines seldom come back, and then not far behind.
    private Sent resume(long offset) throws IOException {
        long until = log.indexOf(offset);
        var snapshot = source.newest();
        var from = snapshot.isPresent() ? sentBy(snapshot.get()) : Sent.NOTHING;
        var facts = factsAt(from);
        long index = from.nextIndex();
        if (index > until) {
            throw new TrimmedException(
                    "the engine of node %s comes back at offset %d, before the newest snapshot"
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

    /// Reads from the log or a snapshot; that this fails is the owner's to know.
    private <T> T guarded(Reading<T> reading) throws IOException {
        try {
            return reading.read();
        } catch (ClosedChannelException e) {
            throw e; // the log is being closed, and so will this feed be
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
