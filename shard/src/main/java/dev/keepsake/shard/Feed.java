package dev.keepsake.shard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Clock;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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
    private static final int HANDSHAKE_MAX_BYTES = 16 * 1024;
    private static final int CONNECTIONS_MAX = 8;

    private final String node;
    private final TransactionLog log;
    private final String replicationId;
    private final FeedCredentials credentials;
    private final long delayNs;
    private final Clock clock;
    private final ThreadFactory threads;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final DelayLine delayLine;
    private final ServerSocketChannel listener;
    private final TransactionLog.Subscription subscription;
    private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
    private boolean closed;

    private Feed(
            String node,
            TransactionLog log,
            String replicationId,
            FeedCredentials credentials,
            long delayNs,
            Clock clock,
            ThreadFactory threads)
            throws IOException {
        this.node = node;
        this.log = log;
        this.replicationId = replicationId;
        this.credentials = credentials;
        this.delayNs = delayNs;
        this.clock = clock;
        this.threads = threads;
        this.listener = ServerSocketChannel.open();
        this.listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        this.delayLine = new DelayLine(delayNs, log.tail().index());
        this.subscription = log.follow(this::onCommitted);
        onCommitted(log.tail()); // what was committed between these two lines
    }

    /// Opens a feed on a free loopback port.
    ///
    /// @param delayNs how long each entry is withheld after its commit; 0 for none
    static Feed open(
            String node,
            TransactionLog log,
            String replicationId,
            FeedCredentials credentials,
            long delayNs,
            Clock clock,
            ThreadFactory threads)
            throws IOException {
        var feed = new Feed(node, log, replicationId, credentials, delayNs, clock, threads);
        threads.newThread(feed::acceptUntilClosed).start();
        return feed;
    }

    int port() throws IOException {
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    /// Ends every connection. Idempotent; the threads end by themselves.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        subscription.close();
        closeQuietly(listener);
        connections.forEach(Feed::closeQuietly);
    }

    private void onCommitted(Tail tail) {
        lock.lock();
        try {
            if (delayNs > 0) {
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
                var engine = listener.accept();
                if (connections.size() >= CONNECTIONS_MAX) {
                    engine.close();
                    continue;
                }
                connections.add(engine);
                if (isClosed()) {
                    engine.close(); // it came too late for close() to see it
                    return;
                }
                threads.newThread(() -> serve(engine)).start();
            } catch (IOException e) {
                if (!isClosed()) {
                    LOG.warn("feed node={} cannot accept reason={}", node, e.getMessage());
                    return;
                }
            }
        }
    }

    private void serve(SocketChannel engine) {
        try (engine) {
            answer(engine);
        } catch (IOException | ProtocolException e) {
            if (!isClosed()) {
                LOG.info("feed node={} connection ended reason={}", node, e.getMessage());
            }
        } finally {
            connections.remove(engine);
        }
    }

    /// Answers the handshake, then starts the stream and reads the engine's acknowledgements away.
    private void answer(SocketChannel engine) throws IOException, ProtocolException {
        var framer = new CommandFramer(ProtocolLimits.standard());
        var received = ByteBuffer.allocate(HANDSHAKE_MAX_BYTES);
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
                    authenticated = authenticate(framer, pending);
                    send(engine, authenticated ? "+OK\r\n" : "-WRONGPASS not this feed's\r\n");
                } else if (name.equals("PING")) {
                    send(engine, "+PONG\r\n");
                } else if (!authenticated) {
                    send(engine, "-NOAUTH this feed serves one engine only\r\n");
                } else if (name.equals("PSYNC") && !streaming) {
                    long offset = startStream(engine, framer, pending);
                    streaming = true;
                    threads.newThread(() -> stream(engine, offset)).start();
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

    private boolean authenticate(CommandFramer framer, ByteBuf pending) {
        return framer.frame().argumentCount() == 3
                && argument(framer, pending, 1).equals(credentials.user())
                && MessageDigest.isEqual(
                        argument(framer, pending, 2).getBytes(UTF_8),
                        credentials.password().value().getBytes(UTF_8));
    }

    /// Decides between a full start and a continuation.
    ///
    /// @return the offset of the first byte to send
    private long startStream(SocketChannel engine, CommandFramer framer, ByteBuf pending)
            throws IOException {
        if (argument(framer, pending, 1).equals(replicationId)) {
            long offset = offsetAsked(argument(framer, pending, 2));
            if (offset >= 0 && offset <= log.tail().endOffset()) {
                send(engine, "+CONTINUE %s\r\n".formatted(replicationId));
                return offset;
            }
        }
        send(engine, "+FULLRESYNC %s 0\r\n$%d\r\n".formatted(replicationId, EMPTY_RDB.length));
        write(engine, ByteBuffer.wrap(EMPTY_RDB));
        return 0;
    }

    /// The offset before the byte that is asked for, or -1 when that is no number.
    private static long offsetAsked(String nextByte) {
        try {
            return Long.parseLong(nextByte) - 1;
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    private void stream(SocketChannel engine, long fromOffset) {
        try (engine) {
            long offset = fromOffset;
            long index = log.indexOf(offset);
            while (awaitVisible(index)) {
                long visible = visibleIndex();
                for (LogEntry entry : log.read(index, READ_MAX_BYTES)) {
                    if (entry.index() > visible) {
                        break;
                    }
                    index = entry.index() + 1;
                    if (entry.kind() == EntryKind.DATA) {
                        var payload = entry.payload();
                        payload.position(
                                payload.position() + Math.toIntExact(offset - entry.firstOffset()));
                        write(engine, payload);
                        offset = entry.endOffset();
                    }
                }
            }
        } catch (ClosedChannelException e) {
            LOG.debug("feed node={} stream ended by the engine", node);
        } catch (IOException e) {
            if (!isClosed()) {
                LOG.warn("feed node={} stream ended reason={}", node, e.getMessage());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
        if (delayNs == 0) {
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
