package dev.keepsake.log.bookkeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.bookkeeper.conf.ClientConfiguration;
import org.apache.bookkeeper.conf.ServerConfiguration;

/// Measures what each setting does that `docs/bookkeeper.md` names, on real bookies in this
/// process: appends of 140 bytes to a log, the settings as they are recommended and then each
/// changed alone. The median of several rounds, through which the settings take turns, so that what
/// else the machine does falls on all of them. `benchmarks/bookkeeper` runs it.
///
/// Arguments: how many rounds, and how many milliseconds a measurement takes.
public final class BookKeeperSettings {
    private static final int BYTES = 140; // of replication stream, for a SET of 100
    private static final int MANY = 256;
    private static final long SETTLE_MS = 1_500;
    private static final Quorum QUORUM = Quorum.standard();

    private record Setting(
            String title,
            Consumer<ServerConfiguration> ofBookies,
            Consumer<ClientConfiguration> ofClient) {}

    private record Appends(double p50Ms, double p99Ms, double manyPerSecond) {}

    /// @param longestMs how long the slowest append took, or -1 when the term has ended
    private record Loss(double longestMs, String end) {}

    private static final Setting RECOMMENDED =
            new Setting("as recommended", bookies -> {}, client -> {});

    private static final List<Setting> SETTINGS =
            List.of(
                    RECOMMENDED,
                    ofBookies("`journalSyncData=false`", to -> to.setJournalSyncData(false)),
                    ofBookies(
                            "`journalFlushWhenQueueEmpty=false`",
                            to -> to.setJournalFlushWhenQueueEmpty(false)),
                    ofBookies(
                            "`journalMaxGroupWaitMSec=2`", to -> to.setJournalMaxGroupWaitMSec(2)),
                    ofBookies(
                            "both, as BookKeeper comes",
                            to ->
                                    to.setJournalFlushWhenQueueEmpty(false)
                                            .setJournalMaxGroupWaitMSec(2)),
                    ofClient("client throttle 5000", to -> to.setThrottleValue(5_000)),
                    ofClient(
                            "V2 protocol",
                            to -> to.setUseV2WireProtocol(true).setExplictLacInterval(0)),
                    withoutDelay());

    private final int rounds;
    private final long measureNs;
    private final PrintWriter out = new PrintWriter(System.out, true, UTF_8);

    private BookKeeperSettings(int rounds, long measureMs) {
        this.rounds = rounds;
        this.measureNs = TimeUnit.MILLISECONDS.toNanos(measureMs);
    }

    private static Setting ofBookies(String title, Consumer<ServerConfiguration> change) {
        return new Setting(title, change, client -> {});
    }

    private static Setting ofClient(String title, Consumer<ClientConfiguration> change) {
        return new Setting(title, bookies -> {}, change);
    }

    private static Setting withoutDelay() {
        return ofClient("`delayEnsembleChange=false`", to -> to.setDelayEnsembleChange(false));
    }

    /// Measures and prints two tables.
    public static void main(String[] args) throws Exception {
        Logger.getLogger("").setLevel(Level.OFF); // bookies talk a lot
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        long measureMs = args.length > 1 ? Long.parseLong(args[1]) : 3_000;
        new BookKeeperSettings(rounds, measureMs).measure();
        System.exit(0); // bookies leave threads behind
    }

    private void measure() throws Exception {
        out.printf(
                "JDK %s, %s %s, %d processors; %d rounds of %d ms%n%n",
                Runtime.version(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                Runtime.getRuntime().availableProcessors(),
                rounds,
                TimeUnit.NANOSECONDS.toMillis(measureNs));
        on(RECOMMENDED, (bookKeeper, leader) -> appends(leader)); // while the JVM warms up
        Map<Setting, List<Appends>> found = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (var setting : SETTINGS) {
                found.computeIfAbsent(setting, first -> new ArrayList<>())
                        .add(on(setting, (bookKeeper, leader) -> appends(leader)));
            }
        }
        out.println("| setting | one append, p50 | p99 | 256 under way |");
        out.println("| --- | --: | --: | --: |");
        found.forEach((setting, results) ->
                out.printf(
                        "| %s | %.2f ms | %.2f ms | %,.0f/s |%n",
                        setting.title(),
                        median(results, Appends::p50Ms),
                        median(results, Appends::p99Ms),
                        median(results, Appends::manyPerSecond)));
        out.println();
        out.println("| a bookie is lost | bookies | longest append | and then |");
        out.println("| --- | --: | --: | --- |");
        for (boolean spare : List.of(false, true)) {
            for (var setting : List.of(RECOMMENDED, withoutDelay())) {
                var loss = on(setting, (bookKeeper, leader) -> loseOne(bookKeeper, leader, spare));
                out.printf(
                        "| %s | %s | %s | %s |%n",
                        setting.title(),
                        spare ? "3 and a spare one" : "3",
                        loss.longestMs() < 0 ? "" : "%.0f ms".formatted(loss.longestMs()),
                        loss.end());
            }
        }
    }

    private static <T> double median(List<T> results, ToDoubleFunction<T> figure) {
        var sorted = results.stream().mapToDouble(figure).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private interface Measurement<T> {
        T take(TestBookKeeper bookKeeper, Leader leader) throws Exception;
    }

    private static <T> T on(Setting setting, Measurement<T> measurement) throws Exception {
        var directory = Files.createTempDirectory("keepsake-bookkeeper-");
        try (var bookKeeper =
                        TestBookKeeper.start(directory, QUORUM.ensemble(), setting.ofBookies());
                var logs =
                        BookKeeperLogs.connect(
                                BookKeeperOptions.standard(
                                        bookKeeper.metadata(), bookKeeper.ledgersPath(), QUORUM),
                                setting.ofClient(),
                                new TestClock(),
                                Thread.ofPlatform().daemon().name("log-", 0).factory(),
                                (what, cause) -> {
                                    throw new IllegalStateException(what, cause);
                                });
                var log = logs.open("measured")) {
            var leader = new Leader(log);
            leader.appendFor(TimeUnit.MILLISECONDS.toNanos(SETTLE_MS), MANY);
            return measurement.take(bookKeeper, leader);
        } finally {
            remove(directory);
        }
    }

    private Appends appends(Leader leader) throws Exception {
        var alone = leader.appendFor(measureNs, 1);
        var many = leader.appendFor(measureNs, MANY);
        return new Appends(
                ms(alone[alone.length / 2]),
                ms(alone[Math.toIntExact(alone.length * 99L / 100)]),
                many.length / (measureNs / 1e9));
    }

    /// One of the three bookies is lost that hold the log.
    ///
    /// @param spare whether there is a fourth
    private Loss loseOne(TestBookKeeper bookKeeper, Leader leader, boolean spare) throws Exception {
        if (spare) {
            bookKeeper.addBookie();
            leader.appendFor(TimeUnit.MILLISECONDS.toNanos(SETTLE_MS), 1);
        }
        var loss = new Thread(() -> bookKeeper.stopBookie(0), "loss");
        loss.start();
        try {
            var alone = leader.appendFor(2 * measureNs, 1);
            return new Loss(ms(alone[alone.length - 1]), "appends go on");
        } catch (IOException e) {
            return new Loss(-1, "the term ends: " + e.getMessage());
        } finally {
            loss.join();
        }
    }

    private static double ms(long ns) {
        return ns / 1e6;
    }

    private static void remove(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /// Who leads the log that is measured.
    private static final class Leader {
        private record UnderWay(long sentNs, CompletableFuture<Long> doneNs) {}

        private final TransactionLog log;
        private final Term term;
        private long offset;

        Leader(TransactionLog log) throws Exception {
            this.log = log;
            if (log.claim("measured", -1).toCompletableFuture().get()
                    instanceof ClaimOutcome.Won(Term won, long _)) {
                term = won;
            } else {
                throw new IOException("an empty log is not to be had");
            }
        }

        /// Keeps so many appends under way for a while.
        ///
        /// @return how long each took, in nanoseconds, sorted
        long[] appendFor(long forNs, int underWay) throws Exception {
            var took = new ArrayList<Long>();
            var sent = new ArrayDeque<UnderWay>();
            long endNs = System.nanoTime() + forNs;
            while (System.nanoTime() - endNs < 0 || !sent.isEmpty()) {
                while (sent.size() < underWay && System.nanoTime() - endNs < 0) {
                    sent.addLast(append());
                }
                var oldest = sent.pollFirst();
                if (oldest != null) {
                    long doneNs = oldest.doneNs().get();
                    if (doneNs < 0) {
                        throw new IOException("an append is not known to have been kept");
                    }
                    took.add(doneNs - oldest.sentNs());
                }
            }
            var sorted = took.stream().mapToLong(Long::longValue).toArray();
            Arrays.sort(sorted);
            return sorted;
        }

        private UnderWay append() {
            long sentNs = System.nanoTime();
            var done =
                    log.append(term, offset, ByteBuffer.allocate(BYTES))
                            .toCompletableFuture()
                            .thenApply(outcome ->
                                    outcome instanceof AppendOutcome.Appended
                                            ? System.nanoTime()
                                            : -1);
            offset += BYTES;
            return new UnderWay(sentNs, done);
        }
    }
}
