package dev.keepsake.log.bookkeeper;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.core.Clock;
import dev.keepsake.core.FaultHandler;
import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import org.apache.bookkeeper.client.BookKeeper;
import org.apache.bookkeeper.client.api.BKException;
import org.apache.bookkeeper.conf.ClientConfiguration;
import org.apache.bookkeeper.zookeeper.ZooKeeperClient;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All logs on one BookKeeper, which share one connection. Any thread.
public final class BookKeeperLogs implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BookKeeperLogs.class);
    private static final int SESSION_MS = 10_000;
    private static final int CONNECT_MS = 2_000;
    private static final int READ_TIMEOUT_S = 5;
    private static final int ADD_TIMEOUT_S = 2;
    private static final int SPECULATIVE_READ_MS = 200;
    private static final int THREADS = 2;

    /// How often a writer that has nothing to write sends the committed end to the bookies. Until
    /// then readers do not see its last entry.
    private static final int EXPLICIT_LAC_MS = 20;

    private final BookKeeperOptions options;
    private final ZooKeeperClient zooKeeper;
    private final BookKeeper bookKeeper;
    private final Ledgers ledgers;
    private final LedgerLists lists;
    private final Clock clock;
    private final ThreadFactory threads;
    private final FaultHandler faults;
    private final Set<BookKeeperLog> open = ConcurrentHashMap.newKeySet();

    private BookKeeperLogs(
            BookKeeperOptions options,
            ZooKeeperClient zooKeeper,
            BookKeeper bookKeeper,
            Clock clock,
            ThreadFactory threads,
            FaultHandler faults) {
        this.options = options;
        this.zooKeeper = zooKeeper;
        this.bookKeeper = bookKeeper;
        this.ledgers = new Ledgers(bookKeeper, options.quorum());
        this.lists = new LedgerLists(zooKeeper);
        this.clock = clock;
        this.threads = threads;
        this.faults = faults;
    }

    /// Connects to the ZooKeeper and the bookies that `options` name.
    ///
    /// @param threads creates each log's thread
    /// @param faults gets a report when a log fails; it names the log
    /// @throws IOException when they cannot be reached within ten seconds; the message says which
    ///   did not answer
    public static BookKeeperLogs connect(
            BookKeeperOptions options, Clock clock, ThreadFactory threads, FaultHandler faults)
            throws IOException {
        return connect(options, client -> {}, clock, threads, faults);
    }

    /// Does the same with other settings of BookKeeper's client, for measurements of single
    /// settings.
    static BookKeeperLogs connect(
            BookKeeperOptions options,
            Consumer<ClientConfiguration> change,
            Clock clock,
            ThreadFactory threads,
            FaultHandler faults)
            throws IOException {
        ZooKeeperClient zooKeeper = null;
        try {
            zooKeeper =
                    ZooKeeperClient.newBuilder()
                            .connectString(options.metadata().connectString())
                            .sessionTimeoutMs(SESSION_MS)
                            .watchers(Set.of(event -> logState(options.metadata(), event)))
                            .build();
            var client = configuration(options);
            change.accept(client);
            var bookKeeper = BookKeeper.forConfig(client).build();
            LOG.info(
                    "bookkeeper connected metadata={} ledgers={}",
                    options.metadata(),
                    options.ledgersPath());
            return new BookKeeperLogs(options, zooKeeper, bookKeeper, clock, threads, faults);
        } catch (KeeperException | BKException | IOException e) {
            closeQuietly(zooKeeper);
            throw new IOException(
                    "BookKeeper cannot be reached by way of %s: %s"
                            .formatted(options.metadata(), reasonOf(e)),
                    e);
        } catch (InterruptedException e) {
            closeQuietly(zooKeeper);
            Thread.currentThread().interrupt();
            throw new IOException("connecting to BookKeeper was interrupted", e);
        }
    }

    private static String reasonOf(Exception failure) {
        return failure instanceof KeeperException.ConnectionLossException
                ? "ZooKeeper does not answer"
                : String.valueOf(failure.getMessage());
    }

    private static void logState(MetadataAddress metadata, WatchedEvent event) {
        switch (event.getState()) {
            case SyncConnected -> LOG.info("zookeeper={} state=connected", metadata);
            case Disconnected, Expired ->
                    LOG.warn("zookeeper={} state={}", metadata, event.getState());
            default -> {} // security, which is not used, and our own closing
        }
    }

    private static ClientConfiguration configuration(BookKeeperOptions options) {
        var client = new ClientConfiguration();
        client.setMetadataServiceUri(options.metadata().serviceUri(options.ledgersPath()));
        client.setZkTimeout(SESSION_MS);
        client.setUseV2WireProtocol(false); // version 2 has no explicit last-add-confirmed
        client.setExplictLacInterval(EXPLICIT_LAC_MS);
        client.setThrottleValue(0); // the log has a bound of its own
        client.setDelayEnsembleChange(true); // a slow or missing bookie does not delay appends
        client.setAddEntryTimeout(ADD_TIMEOUT_S);
        client.setAddEntryQuorumTimeout((int) options.appendWithin().toSeconds());
        client.setReadEntryTimeout(READ_TIMEOUT_S);
        client.setSpeculativeReadTimeout(SPECULATIVE_READ_MS);
        client.setFirstSpeculativeReadTimeout(SPECULATIVE_READ_MS);
        client.setClientConnectTimeoutMillis(CONNECT_MS);
        client.setNumIOThreads(THREADS);
        client.setNumWorkerThreads(THREADS);
        return client;
    }

    /// Opens the log with that name. Creates it if it does not exist.
    ///
    /// @param name path segments, such as `clusters/us-east-1/demo-1/0001`
    public TransactionLog open(String name) throws IOException {
        var made = new BookKeeperLog[1];
        var log =
                BookKeeperLog.open(
                        pathOf(name),
                        ledgers,
                        lists,
                        options,
                        clock,
                        threads,
                        faults,
                        () -> {
                            if (made[0] != null) {
                                open.remove(made[0]);
                            }
                        });
        made[0] = log;
        open.add(log);
        return log;
    }

    /// Whether the log with that name has no entries: no node has ever claimed it, or it has been
    /// deleted.
    public boolean holdsNothing(String name) throws IOException {
        var path = pathOf(name);
        try {
            var list =
                    new Waits()
                            .get(
                                    lists.readNewest(path),
                                    options.metadataWithin(),
                                    "looking for " + path);
            return list.ledgers().isEmpty();
        } catch (IOException e) {
            if (LedgerLists.isMissing(e)) {
                return true;
            }
            throw e;
        }
    }

    /// The place of the log with that name, for messages.
    public String placeOf(String name) {
        return options.metadata() + "/" + name;
    }

    /// Deletes the log with that name and all its entries, if it exists. The log must not be open.
    ///
    /// @throws IOException when not all could be deleted; the call may be repeated
    public void delete(String name) throws IOException {
        var path = pathOf(name);
        var waits = new Waits();
        LedgerList list;
        try {
            list = waits.get(lists.readNewest(path), options.metadataWithin(), "deleting " + path);
        } catch (IOException e) {
            if (LedgerLists.isMissing(e)) {
                return;
            }
            throw e;
        }
        for (long doomed : list.doomed()) {
            waits.get(ledgers.delete(doomed), options.metadataWithin(), "deleting " + path);
        }
        for (var ledger : list.ledgers()) {
            waits.get(
                    ledgers.delete(ledger.ledgerId()),
                    options.metadataWithin(),
                    "deleting " + path);
        }
        // The list's node is deleted last, and after it the nodes above that have become empty.
        var above = path;
        while (above.length() > options.metadata().path().length()
                && waits.get(lists.delete(above), options.metadataWithin(), "deleting " + path)) {
            above = above.substring(0, above.lastIndexOf('/'));
        }
    }

    private String pathOf(String name) {
        checkArgument(
                name.matches("[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*"),
                "%s is not a log's name; give path segments of A-Za-z0-9._-",
                name);
        return options.metadata().path() + "/" + name;
    }

    /// Closes all open logs, then the connections. Idempotent.
    @Override
    public void close() {
        open.forEach(BookKeeperLog::close);
        try {
            bookKeeper.close();
        } catch (BKException e) {
            LOG.warn("bookkeeper did not close in order reason={}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closeQuietly(zooKeeper);
    }

    private static void closeQuietly(@Nullable ZooKeeperClient zooKeeper) {
        if (zooKeeper == null) {
            return;
        }
        try {
            zooKeeper.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
