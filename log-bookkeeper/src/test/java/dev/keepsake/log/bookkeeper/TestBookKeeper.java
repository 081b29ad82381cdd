package dev.keepsake.log.bookkeeper;

import static dev.keepsake.core.Checks.checkState;

import dev.keepsake.core.FaultHandler;
import dev.keepsake.core.PortLease;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.apache.bookkeeper.client.BookKeeperAdmin;
import org.apache.bookkeeper.common.component.LifecycleComponent;
import org.apache.bookkeeper.conf.ClientConfiguration;
import org.apache.bookkeeper.conf.ServerConfiguration;
import org.apache.bookkeeper.server.EmbeddedServer;
import org.apache.bookkeeper.server.conf.BookieConfiguration;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.jspecify.annotations.Nullable;

/// A ZooKeeper and bookies in this process, on leased loopback ports. Each can be taken away and
/// come back as it was. Owned by the test's thread.
public final class TestBookKeeper implements AutoCloseable {
    /// How long a busy machine may take over what no test waits for in vain.
    static final Duration PATIENT = Duration.ofSeconds(60);

    private static final String LEDGERS = "/ledgers";
    private static final int TICK_MS = 500;
    private static final int CONNECTIONS = 100;
    private static final int MOST_PORTS = 20;

    private final Path directory;
    private final Consumer<ServerConfiguration> change;
    private final PortLease ports = PortLease.take(MOST_PORTS, RandomGenerator.getDefault());
    private final int zooKeeperPort = ports.first();
    private final List<Integer> bookiePorts = new ArrayList<>();
    private final List<@Nullable LifecycleComponent> bookies = new ArrayList<>();
    private @Nullable NIOServerCnxnFactory zooKeeper;

    private TestBookKeeper(Path directory, Consumer<ServerConfiguration> change) {
        // A bookie may not look into a FileDescriptor any more. It can do without, but has an
        // assertion that it can, and tests run with assertions.
        getClass()
                .getClassLoader()
                .setClassAssertionStatus("org.apache.bookkeeper.util.PageCacheUtil", false);
        this.directory = directory;
        this.change = change;
    }

    /// Starts a ZooKeeper and as many bookies as wanted, whose files are below `directory`.
    public static TestBookKeeper start(Path directory, int bookies) throws Exception {
        return start(directory, bookies, configuration -> {});
    }

    /// The same with bookies that are set up otherwise than is recommended.
    static TestBookKeeper start(Path directory, int bookies, Consumer<ServerConfiguration> change)
            throws Exception {
        var cluster = new TestBookKeeper(directory, change);
        try {
            cluster.startZooKeeper();
            for (int i = 0; i < bookies; i++) {
                cluster.bookiePorts.add(cluster.nextPort());
                cluster.bookies.add(null);
                if (i == 0) {
                    BookKeeperAdmin.initNewCluster(cluster.configuration(i));
                }
                cluster.startBookie(i);
            }
            return cluster;
        } catch (Exception e) {
            cluster.close();
            throw e;
        }
    }

    /// A process of its own. Bookies of this machine are not dead because it is busy, so the client
    /// waits for them as long as [#PATIENT]. One that has been stopped refuses at once.
    static BookKeeperLogs connect(BookKeeperOptions options, FaultHandler faults)
            throws IOException {
        int patientS = (int) PATIENT.toSeconds();
        return BookKeeperLogs.connect(
                options,
                client -> client.setAddEntryTimeout(patientS).setReadEntryTimeout(patientS),
                new TestClock(),
                Thread.ofPlatform().daemon().name("log-", 0).factory(),
                faults);
    }

    /// Where logs keep their lists.
    public MetadataAddress metadata() {
        return MetadataAddress.parse("zk://127.0.0.1:%d/keepsake/test".formatted(zooKeeperPort));
    }

    /// Where the bookies keep their own metadata.
    public String ledgersPath() {
        return LEDGERS;
    }

    /// Starts ZooKeeper, with what it held before.
    public void startZooKeeper() throws IOException, InterruptedException {
        var files = directory.resolve("zookeeper").toFile();
        var connections = new NIOServerCnxnFactory();
        connections.configure(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), zooKeeperPort),
                CONNECTIONS);
        connections.startup(new ZooKeeperServer(files, files, TICK_MS));
        zooKeeper = connections;
    }

    /// Takes ZooKeeper away.
    public void stopZooKeeper() {
        var running = zooKeeper;
        zooKeeper = null;
        if (running != null) {
            running.shutdown();
        }
    }

    /// Starts a bookie, with what it held before.
    public void startBookie(int bookie) throws Exception {
        var server =
                EmbeddedServer.builder(new BookieConfiguration(configuration(bookie)))
                        .build()
                        .getLifecycleComponentStack();
        server.start();
        bookies.set(bookie, server);
    }

    /// Takes a bookie away.
    public void stopBookie(int bookie) {
        var running = bookies.set(bookie, null);
        if (running != null) {
            running.close();
        }
    }

    /// Starts one more bookie, which holds nothing yet.
    void addBookie() throws Exception {
        bookiePorts.add(nextPort());
        bookies.add(null);
        startBookie(bookies.size() - 1);
    }

    /// How many ledgers there are.
    public int countLedgers() throws Exception {
        int count = 0;
        var admin = new BookKeeperAdmin(new ClientConfiguration(configuration(0)));
        try {
            for (long _ : admin.listLedgers()) {
                count++;
            }
        } finally {
            admin.close();
        }
        return count;
    }

    private ServerConfiguration configuration(int bookie) {
        var files = directory.resolve("bookie-" + bookie).toString();
        var server = new ServerConfiguration();
        server.setMetadataServiceUri(metadataServiceUri());
        server.setBookiePort(bookiePorts.get(bookie));
        server.setAdvertisedAddress("127.0.0.1");
        server.setAllowLoopback(true);
        server.setJournalDirName(files);
        server.setLedgerDirNames(new String[] {files});
        server.setJournalSyncData(true);
        server.setJournalFlushWhenQueueEmpty(true);
        server.setJournalMaxGroupWaitMSec(1);
        server.setProperty("journalPreAllocSizeMB", 1);
        server.setEntryLogFilePreAllocationEnabled(false);
        server.setSkipListSizeLimit(4 << 20);
        server.setDiskUsageThreshold(0.99f);
        server.setDiskUsageWarnThreshold(0.98f);
        server.setMinUsableSizeForIndexFileCreation(0);
        server.setMinUsableSizeForEntryLogCreation(0);
        server.setNumAddWorkerThreads(1);
        server.setNumReadWorkerThreads(1);
        server.setServerNumIOThreads(1);
        change.accept(server);
        return server;
    }

    private String metadataServiceUri() {
        return "zk+hierarchical://127.0.0.1:" + zooKeeperPort + LEDGERS;
    }

    private int nextPort() {
        int port = zooKeeperPort + 1 + bookiePorts.size();
        checkState(port <= ports.last(), "ports are leased for %d bookies", MOST_PORTS - 1);
        return port;
    }

    /// Ends everything.
    @Override
    public void close() {
        for (int i = 0; i < bookies.size(); i++) {
            stopBookie(i);
        }
        stopZooKeeper();
        ports.close();
    }
}
