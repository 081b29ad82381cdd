package dev.keepsake.log.bookkeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.log.TrimmedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The log when bookies, ZooKeeper or its leader fail. Each process is a client of its own.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BookKeeperFaultsIT {
    private static final Term FIRST = new Term(1);
    private static final Term SECOND = new Term(2);
    private static final int WITHIN_S = 120;
    private static final int RENEW_S = 2;

    @TempDir private Path directory;
    private TestBookKeeper bookKeeper;
    private BookKeeperLogs one;
    private BookKeeperLogs other;
    private int tests;
    private final List<String> faults = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() throws Exception {
        tests++;
        bookKeeper = TestBookKeeper.start(directory.resolve("test-" + tests), 3);
        one = connect();
        other = connect();
    }

    @AfterEach
    void stop() {
        other.close();
        one.close();
        bookKeeper.close();
        assertThat(faults).isEmpty();
    }

    // ---- two processes

    @Test
    void aClaimOfAnotherProcessFencesTheLeader() throws Exception {
        try (var a = one.open("log");
                var b = other.open("log")) {
            lead(a, "a");
            append(a, FIRST, "12345");
            long seen = awaitNews(a, b).index();
            assertThat(await(b.claim("b", seen))).isEqualTo(new ClaimOutcome.Won(SECOND, seen + 1));

            assertThat(await(a.append(FIRST, 5, bytes("x"))))
                    .isEqualTo(new AppendOutcome.Fenced(SECOND, "b"));
            assertThat(await(a.renew(FIRST))).isEqualTo(new AppendOutcome.Fenced(SECOND, "b"));
            append(b, SECOND, "678");
            long last = awaitNews(b, a).index();
            assertThat(readAll(a)).isEqualTo(readAll(b)).hasSize((int) last + 1);
        }
    }

    @Test
    void whatIsUnderWayWhenAnotherTakesOverIsNeverToldWrongly() throws Exception {
        try (var a = one.open("log");
                var b = other.open("log")) {
            lead(a, "a");
            var outcomes = new ArrayList<CompletionStage<AppendOutcome>>();
            Term won = null;
            while (won == null) {
                for (int i = 0; i < 50; i++) {
                    outcomes.add(a.append(FIRST, 4L * outcomes.size(), number(outcomes.size())));
                }
                if (await(b.claim("b", b.tail().index())) instanceof ClaimOutcome.Won winner) {
                    won = winner.term();
                }
            }
            var held = readAll(b).stream().filter(entry -> entry.kind() == EntryKind.DATA).toList();
            for (int i = 0; i < outcomes.size(); i++) {
                switch (await(outcomes.get(i))) {
                    case AppendOutcome.Appended(long _, long end) -> {
                        assertThat(end).isEqualTo(4L * i + 4);
                        assertThat(held.size()).as("entry %d is acknowledged", i).isGreaterThan(i);
                        assertThat(held.get(i).payload()).isEqualTo(number(i));
                    }
                    case AppendOutcome.Fenced(Term newer, String leader) -> {
                        assertThat(List.of(newer.number(), leader)).isEqualTo(List.of(2L, "b"));
                        assertThat(held.size()).as("entry %d is fenced", i).isLessThanOrEqualTo(i);
                    }
                    case AppendOutcome.Unknown _ -> {}
                    case AppendOutcome.Misplaced _, AppendOutcome.Full _ ->
                            assertThat(outcomes.get(i)).as("append %d", i).isNull();
                }
            }
        }
    }

    @Test
    void aClaimantThatIsBehindDoesNoHarmToTheLeader() throws Exception {
        try (var a = one.open("log");
                var b = other.open("log")) {
            lead(a, "a");
            append(a, FIRST, "12345");
            append(a, FIRST, "678");
            assertThat(await(b.claim("b", -1))).isInstanceOf(ClaimOutcome.Behind.class);
            append(a, FIRST, "9");
        }
    }

    @Test
    void rivalsOfManyProcessesWinOneByOne() throws Exception {
        try (var a = one.open("log");
                var b = other.open("log")) {
            long rounds = 10;
            for (int round = 0; round < rounds; round++) {
                boolean led = a.tail().index() > b.tail().index();
                long seen = awaitNews(led ? a : b, led ? b : a).index();
                var claims = List.of(a.claim("a", seen), b.claim("b", seen));
                var outcomes = claims.stream().map(BookKeeperFaultsIT::await).toList();
                assertThat(outcomes.stream().filter(ClaimOutcome.Won.class::isInstance))
                        .as("%s", outcomes)
                        .hasSize(1);
            }
            assertThat(Math.max(a.tail().term().number(), b.tail().term().number()))
                    .isEqualTo(rounds);
        }
    }

    @Test
    void aFollowerInAnotherProcessIsToldAndCanRead() throws Exception {
        try (var a = one.open("log");
                var b = other.open("log")) {
            var told = new LinkedBlockingQueue<Tail>();
            try (var _ = b.follow(told::add)) {
                lead(a, "a");
                for (int i = 0; i < 50; i++) {
                    append(a, FIRST, "x".repeat(200));
                }
                var previous = Tail.EMPTY;
                while (previous.index() < 50) {
                    var tail = told.poll(WITHIN_S, TimeUnit.SECONDS);
                    assertThat(tail).isNotNull();
                    assertThat(tail.index()).isGreaterThan(previous.index());
                    assertThat(b.read(tail.index(), 1)).hasSize(1);
                    previous = tail;
                }
                assertThat(previous).isEqualTo(a.tail());
                assertThat(readAll(b)).isEqualTo(readAll(a));
            }
        }
    }

    @Test
    void aNewProcessSeesEverythingThatWasAcknowledged() throws Exception {
        List<LogEntry> all;
        Tail tail;
        try (var a = one.open("log")) {
            lead(a, "a");
            for (int i = 0; i < 30; i++) {
                append(a, FIRST, "%05d".formatted(i).repeat(100));
            }
            append(a, FIRST, "large".repeat(60_000));
            append(a, FIRST, "behind");
            await(a.renew(FIRST));
            tail = a.tail();
            all = readAll(a);
        }
        one.close();
        try (var b = other.open("log")) {
            assertThat(b.tail()).isEqualTo(tail);
            assertThat(readAll(b)).isEqualTo(all);
            for (var entry : all) {
                if (entry.kind() == EntryKind.DATA) {
                    assertThat(b.indexOf(entry.firstOffset())).isEqualTo(entry.index());
                    assertThat(b.indexOf(entry.endOffset() - 1)).isEqualTo(entry.index());
                }
                assertThat(b.read(entry.index(), 1).getFirst()).isEqualTo(entry);
            }
        }
    }

    @Test
    void whatALeaderThatDiedHadToldNobodyOfComesToLightWithAClaim() throws Exception {
        var a = one.open("log");
        lead(a, "a");
        append(a, FIRST, "12345");
        append(a, FIRST, "678");
        try (var b = other.open("log")) { // while the leader's ledger is still open
            long seen = b.tail().index();
            assertThat(seen).isBetween(0L, 2L);
            ClaimOutcome outcome = await(b.claim("b", seen));
            if (seen < 2) {
                assertThat(outcome).isEqualTo(new ClaimOutcome.Behind(a.tail()));
                outcome = await(b.claim("b", 2));
            }
            assertThat(outcome).isEqualTo(new ClaimOutcome.Won(SECOND, 3));
            assertThat(readAll(b)).hasSize(4);
        }
        a.close();
    }

    @Test
    void aTrimOfAnotherProcessIsSeenAndALogCanBeDeleted() throws Exception {
        assertThat(one.holdsNothing("clusters/demo/0001")).isTrue();
        try (var a = one.open("clusters/demo/0001");
                var b = other.open("clusters/demo/0001")) {
            assertThat(other.holdsNothing("clusters/demo/0001")).isTrue();
            lead(a, "a");
            assertThat(other.holdsNothing("clusters/demo/0001")).isFalse();
            for (int i = 0; i < 20; i++) {
                append(a, FIRST, "x".repeat(1_000));
            }
            long seen = awaitNews(a, b).index();
            assertThat(await(b.claim("b", seen))).isInstanceOf(ClaimOutcome.Won.class);
            assertThat(a.trim(FIRST, 10)).isFalse();
            assertThat(b.trim(SECOND, b.tail().index())).isTrue();
            awaitNews(b, a);
            assertThat(readFrom(a, b.tail().index())).hasSize(1);
            assertThatExceptionOfType(TrimmedException.class).isThrownBy(() -> a.read(0, 1));
        }
        assertThat(one.holdsNothing("clusters/demo/0001")).isFalse();
        one.delete("clusters/demo/0001");
        one.delete("clusters/demo/0001");
        assertThat(one.holdsNothing("clusters/demo/0001")).isTrue();
        try (var fresh = one.open("clusters/demo/0001")) {
            assertThat(fresh.tail()).isEqualTo(Tail.EMPTY);
        }
    }

    // ---- bookies

    @Test
    void withOneBookieLostAppendsGoOnAndSoDoClaims() throws Exception {
        try (var a = one.open("log")) {
            lead(a, "a");
            append(a, FIRST, "12345");
            bookKeeper.stopBookie(0);
            for (int i = 0; i < 20; i++) {
                append(a, FIRST, "x".repeat(1_000));
            }
            try (var b = other.open("log")) {
                int seen = (int) awaitNews(a, b).index();
                lead(b, "b");
                append(b, SECOND, "678");
                assertThat(readAll(b)).hasSize(seen + 3);
                bookKeeper.startBookie(0);
                lead(b, "b");
                assertThat(readAll(b)).hasSize(seen + 4);
            }
        }
    }

    @Test
    void withTwoBookiesLostNothingIsAcknowledgedAndNothingThatWasIsLost() throws Exception {
        connectAgain(Duration.ofSeconds(8), TestBookKeeper.PATIENT);
        try (var a = one.open("log")) {
            lead(a, "a");
            append(a, FIRST, "12345");
            bookKeeper.stopBookie(0);
            bookKeeper.stopBookie(1);
            var outcome = await(a.append(FIRST, 5, bytes("678")));
            assertThat(outcome).isInstanceOf(AppendOutcome.Unknown.class);
            assertThat(await(a.append(FIRST, 8, bytes("9"))))
                    .isInstanceOf(AppendOutcome.Unknown.class);
            assertThat(await(a.claim("a", a.tail().index())))
                    .as("no bookies for a new term")
                    .isInstanceOf(ClaimOutcome.Full.class);
            assertThat(a.tail()).isEqualTo(new Tail(1, FIRST, "a", 0, 5));

            bookKeeper.startBookie(0);
            bookKeeper.startBookie(1);
            var won = claimUntilWon(a, "a");
            assertThat(won.index()).isBetween(2L, 3L);
            assertThat(text(readAll(a))).startsWith("a12345").isIn("a12345a", "a12345678a");
            append(a, won.term(), "goes on");
        }
    }

    // ---- the metadata store

    @Test
    void whileZooKeeperIsAwayTheLeaderGoesOnAndAClaimFailsClearly() throws Exception {
        connectAgain(TestBookKeeper.PATIENT, Duration.ofSeconds(5));
        try (var a = one.open("log")) {
            lead(a, "a");
            append(a, FIRST, "12345");
            bookKeeper.stopZooKeeper();
            for (int i = 0; i < 20; i++) {
                append(a, FIRST, "x".repeat(1_000));
            }
            var tail = a.tail();
            assertThat(await(a.claim("b", tail.index())))
                    .asInstanceOf(InstanceOfAssertFactories.type(ClaimOutcome.Full.class))
                    .satisfies(full -> assertThat(full.reason()).contains("/keepsake/test/log"));
            assertThatIOException().isThrownBy(() -> a.trim(FIRST, tail.index()));
            append(a, FIRST, "678");

            bookKeeper.startZooKeeper();
            var won = claimUntilWon(a, "b");
            assertThat(won).isEqualTo(new ClaimOutcome.Won(SECOND, tail.index() + 2));
            append(a, SECOND, "9");
            assertThat(readAll(a)).hasSize((int) tail.index() + 4);
        }
    }

    @Test
    void withoutZooKeeperNoLogOpensAndTheMessageSaysWhere() throws Exception {
        connectAgain(TestBookKeeper.PATIENT, Duration.ofSeconds(2));
        bookKeeper.stopZooKeeper();
        assertThatIOException()
                .isThrownBy(() -> one.open("log"))
                .withMessageContaining("ZooKeeper")
                .withMessageContaining("/keepsake");
    }

    @Test
    void withoutZooKeeperNobodyConnects() {
        bookKeeper.stopZooKeeper();
        assertThatIOException()
                .isThrownBy(() -> connect(TestBookKeeper.PATIENT, Duration.ofSeconds(2)))
                .withMessageContaining(bookKeeper.metadata().toString());
    }

    // ---- helpers

    private BookKeeperLogs connect() throws IOException {
        return connect(TestBookKeeper.PATIENT, TestBookKeeper.PATIENT);
    }

    /// The first process in place of the one before, with bounds that the test waits for.
    private void connectAgain(Duration appendWithin, Duration metadataWithin) throws IOException {
        one.close();
        one = connect(appendWithin, metadataWithin);
    }

    private BookKeeperLogs connect(Duration appendWithin, Duration metadataWithin)
            throws IOException {
        return TestBookKeeper.connect(
                new BookKeeperOptions(
                        bookKeeper.metadata(),
                        bookKeeper.ledgersPath(),
                        Quorum.standard(),
                        8192,
                        50_000,
                        1 << 20,
                        2048,
                        appendWithin,
                        metadataWithin,
                        Duration.ofMillis(500),
                        Duration.ofMillis(10)),
                (what, _) -> faults.add(what));
    }

    private static void lead(TransactionLog log, String node) {
        assertThat(await(log.claim(node, log.tail().index()))).isInstanceOf(ClaimOutcome.Won.class);
    }

    /// Claims as a node does: again whenever it has been behind, or there was no room.
    private static ClaimOutcome.Won claimUntilWon(TransactionLog log, String node) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WITHIN_S);
        ClaimOutcome outcome = await(log.claim(node, log.tail().index()));
        while (!(outcome instanceof ClaimOutcome.Won)) {
            assertThat(System.nanoTime()).as("%s", outcome).isLessThan(deadlineNs);
            outcome = await(log.claim(node, log.tail().index()));
        }
        return (ClaimOutcome.Won) outcome;
    }

    private static void append(TransactionLog log, Term term, String text) {
        long offset = log.tail().endOffset();
        assertThat(await(log.append(term, offset, bytes(text))))
                .isEqualTo(
                        new AppendOutcome.Appended(
                                log.tail().index(), offset + text.getBytes(UTF_8).length));
    }

    /// Waits until a follower knows all that the leader does. A leader's last append reaches others
    /// through a message of its own, which may be lost, or with the next append. So a leader that
    /// waits for nothing else renews its lease, as every leader does.
    private static Tail awaitNews(TransactionLog leader, TransactionLog follower)
            throws InterruptedException {
        var told = new LinkedBlockingQueue<Tail>();
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WITHIN_S);
        try (var _ = follower.follow(told::add)) {
            while (!follower.tail().equals(leader.tail())) {
                assertThat(System.nanoTime())
                        .as("the log stays at %s of %s", follower.tail(), leader.tail())
                        .isLessThan(deadlineNs);
                if (told.poll(RENEW_S, TimeUnit.SECONDS) == null) {
                    await(leader.renew(leader.tail().term()));
                }
            }
            return follower.tail();
        }
    }

    private static List<LogEntry> readAll(TransactionLog log) throws IOException {
        return readFrom(log, 0);
    }

    private static List<LogEntry> readFrom(TransactionLog log, long index) throws IOException {
        var all = new ArrayList<LogEntry>();
        while (true) {
            var some = log.read(index + all.size(), 5_000);
            if (some.isEmpty()) {
                return all;
            }
            all.addAll(some);
        }
    }

    private static String text(List<LogEntry> entries) {
        var text = new StringBuilder();
        entries.forEach(entry -> text.append(UTF_8.decode(entry.payload())));
        return text.toString();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    private static ByteBuffer number(int number) {
        return ByteBuffer.allocate(4).putInt(0, number);
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(WITHIN_S, TimeUnit.SECONDS).join();
    }
}
