package dev.keepsake.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every [TransactionLog] promises. An implementation passes by extending this class.
///
/// The log under test keeps its entries in units of storage so small that 32 KiB of data fill
/// several, and keeps nothing of a trimmed unit at hand.
public abstract class TransactionLogConformance {
    private static final Term FIRST = new Term(1);
    private static final Term SECOND = new Term(2);

    private TransactionLog log;

    /// Makes a new log, which is empty.
    protected abstract TransactionLog open() throws Exception;

    /// Opens once more the log that [#open] made; it has been closed.
    protected abstract TransactionLog reopen() throws Exception;

    @BeforeEach
    void openNewLog() throws Exception {
        log = open();
    }

    @AfterEach
    void closeLog() {
        log.close();
    }

    // ---- claim

    @Test
    void anEmptyLogHasNoLeader() throws IOException {
        assertThat(log.tail()).isEqualTo(Tail.EMPTY);
        assertThat(log.read(0, 1)).isEmpty();
        assertThat(log.indexOf(0)).isZero();
        assertThat(log.pendingBytes()).isZero();
    }

    @Test
    void theFirstClaimBeginsTermOneWithALeaderEntry() throws IOException {
        assertThat(await(log.claim("a", -1))).isEqualTo(new ClaimOutcome.Won(FIRST, 0));
        assertThat(log.tail()).isEqualTo(new Tail(0, FIRST, "a", 0, 0));
        assertThat(readAll()).containsExactly(entry(0, FIRST, EntryKind.LEADER, 0, "a"));
    }

    @Test
    void eachLeadershipIsOneTermNewerAndFollowsTheLastEntry() throws IOException {
        lead("a");
        append(FIRST, "12345");
        assertThat(await(log.claim("b", 1))).isEqualTo(new ClaimOutcome.Won(SECOND, 2));
        assertThat(log.tail()).isEqualTo(new Tail(2, SECOND, "b", 2, 5));
        assertThat(readAll())
                .containsExactly(
                        entry(0, FIRST, EntryKind.LEADER, 0, "a"),
                        entry(1, FIRST, EntryKind.DATA, 0, "12345"),
                        entry(2, SECOND, EntryKind.LEADER, 5, "b"));
    }

    @Test
    void aLeaderMayClaimOnceMore() {
        lead("a");
        assertThat(await(log.claim("a", 0))).isEqualTo(new ClaimOutcome.Won(SECOND, 1));
        assertThat(await(log.append(FIRST, 0, bytes("x"))))
                .isEqualTo(new AppendOutcome.Fenced(SECOND, "a"));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 2, Long.MAX_VALUE})
    void aClaimantThatHasNotSeenTheLastEntryIsBehind(long expectedTailIndex) {
        lead("a");
        append(FIRST, "12345");
        var before = log.tail();
        assertThat(await(log.claim("b", expectedTailIndex)))
                .isEqualTo(new ClaimOutcome.Behind(before));
        assertThat(log.tail()).isEqualTo(before);
    }

    @Test
    void aClaimBehindAnUndecidedAppendHasNotSeenIt() {
        lead("a");
        var appended = log.append(FIRST, 0, bytes("12345"));
        var claimed = log.claim("b", 0);
        assertThat(await(appended)).isEqualTo(new AppendOutcome.Appended(1, 5));
        assertThat(await(claimed))
                .isEqualTo(new ClaimOutcome.Behind(new Tail(1, FIRST, "a", 0, 5)));
    }

    @Test
    void ofManyContendersExactlyOneWins() throws Exception {
        int contenders = 8;
        var start = new CyclicBarrier(contenders);
        try (var threads = Executors.newFixedThreadPool(contenders)) {
            for (int round = 0; round < 20; round++) {
                long seen = log.tail().index();
                var claims = new ArrayList<Future<ClaimOutcome>>();
                for (int i = 0; i < contenders; i++) {
                    String node = "node" + i;
                    claims.add(
                            threads.submit(() -> {
                                start.await(120, TimeUnit.SECONDS);
                                return await(log.claim(node, seen));
                            }));
                }
                var outcomes = new ArrayList<ClaimOutcome>();
                for (var claim : claims) {
                    outcomes.add(claim.get(120, TimeUnit.SECONDS));
                }
                var tail = log.tail();
                assertThat(tail.index()).isEqualTo(seen + 1);
                assertThat(outcomes)
                        .containsOnlyOnce(new ClaimOutcome.Won(tail.term(), tail.index()));
                int winner = outcomes.indexOf(new ClaimOutcome.Won(tail.term(), tail.index()));
                assertThat(tail.leader()).isEqualTo("node" + winner);
                outcomes.remove(winner);
                assertThat(outcomes).containsOnly(new ClaimOutcome.Behind(tail));
            }
        }
    }

    @Test
    void winningRefusesAppendsAndRenewalsOfOlderTermsPipelinedOnesIncluded() throws IOException {
        lead("a");
        var before = log.append(FIRST, 0, bytes("12345"));
        var claim = log.claim("b", 1);
        var append = log.append(FIRST, 5, bytes("678"));
        var behind = log.append(FIRST, 8, bytes("9"));
        var renewal = log.renew(FIRST);

        assertThat(await(before)).isEqualTo(new AppendOutcome.Appended(1, 5));
        assertThat(await(claim)).isEqualTo(new ClaimOutcome.Won(SECOND, 2));
        var fenced = new AppendOutcome.Fenced(SECOND, "b");
        assertThat(List.of(await(append), await(behind), await(renewal))).containsOnly(fenced);
        assertThat(log.tail()).isEqualTo(new Tail(2, SECOND, "b", 2, 5));
        assertThat(readAll()).hasSize(3);
    }

    @Test
    void aFencedTermStaysFenced() {
        lead("a");
        lead("b");
        append(SECOND, "12345");
        lead("c");
        var fenced = new AppendOutcome.Fenced(new Term(3), "c");
        assertThat(await(log.append(FIRST, 5, bytes("x")))).isEqualTo(fenced);
        assertThat(await(log.append(SECOND, 5, bytes("x")))).isEqualTo(fenced);
        assertThat(await(log.append(SECOND, 0, bytes("12345")))).isEqualTo(fenced);
        assertThat(await(log.renew(SECOND))).isEqualTo(fenced);
    }

    @Test
    void whileALeaderWritesAnotherTakesOverAndNothingOldFollows() throws Exception {
        lead("a");
        var outcomes = new ArrayList<CompletionStage<AppendOutcome>>();
        try (var threads = Executors.newSingleThreadExecutor()) {
            var writer =
                    threads.submit(() -> {
                        for (int i = 0; i < 2_000; i++) {
                            outcomes.add(log.append(FIRST, 4L * i, number(i)));
                        }
                    });
            Term won = null;
            // At the latest it wins when the writer has written all it has.
            for (int tries = 0; won == null && tries < 1_000_000; tries++) {
                if (await(log.claim("b", log.tail().index())) instanceof ClaimOutcome.Won w) {
                    won = w.term();
                }
            }
            writer.get(120, TimeUnit.SECONDS);
            assertThat(won).isEqualTo(SECOND);
        }

        var data = readAll().stream().filter(entry -> entry.kind() == EntryKind.DATA).toList();
        assertThat(log.tail().leader()).isEqualTo("b");
        assertThat(log.tail().index()).isEqualTo(data.size() + 1);
        for (int i = 0; i < outcomes.size(); i++) {
            var expected =
                    i < data.size()
                            ? new AppendOutcome.Appended(i + 1, 4L * i + 4)
                            : new AppendOutcome.Fenced(SECOND, "b");
            assertThat(await(outcomes.get(i))).isEqualTo(expected);
        }
        for (int i = 0; i < data.size(); i++) {
            assertThat(data.get(i))
                    .isEqualTo(new LogEntry(i + 1, FIRST, EntryKind.DATA, 4L * i, number(i)));
        }
    }

    // ---- append

    @Test
    void indexesAndOffsetsAreDense() throws IOException {
        lead("a");
        var outcomes = new ArrayList<CompletionStage<AppendOutcome>>();
        long offset = 0;
        for (int i = 1; i <= 300; i++) {
            outcomes.add(log.append(FIRST, offset, bytes("x".repeat(i % 17 + 1))));
            offset += i % 17 + 1;
            if (i % 5 == 0) {
                outcomes.add(log.renew(FIRST));
            }
        }
        for (int i = 0; i < outcomes.size(); i++) {
            assertThat(await(outcomes.get(i)))
                    .asInstanceOf(InstanceOfAssertFactories.type(AppendOutcome.Appended.class))
                    .returns(i + 1L, AppendOutcome.Appended::index);
        }
        long expectedIndex = 0;
        long expectedOffset = 0;
        for (var entry : readAll()) {
            assertThat(entry.index()).isEqualTo(expectedIndex++);
            assertThat(entry.firstOffset()).isEqualTo(expectedOffset);
            expectedOffset = entry.endOffset();
        }
        assertThat(expectedOffset).isEqualTo(offset);
        assertThat(log.tail()).isEqualTo(new Tail(360, FIRST, "a", 360, offset));
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 6, 100, Long.MAX_VALUE})
    void anAppendElsewhereThanAtTheEndIsMisplacedAndNamesTheEnd(long expectedOffset)
            throws IOException {
        lead("a");
        append(FIRST, "12345");
        assertThat(await(log.append(FIRST, expectedOffset, bytes("678"))))
                .isEqualTo(new AppendOutcome.Misplaced(5));
        assertThat(readAll()).hasSize(2);
        append(FIRST, "678");
    }

    @Test
    void behindARefusalEverythingIsRefused() throws IOException {
        lead("a");
        var good = log.append(FIRST, 0, bytes("12345"));
        var gap = log.append(FIRST, 6, bytes("78"));
        var behindGap = log.append(FIRST, 8, bytes("9"));
        var furtherBehind = log.append(FIRST, 9, bytes("0"));

        assertThat(await(good)).isEqualTo(new AppendOutcome.Appended(1, 5));
        assertThat(List.of(await(gap), await(behindGap), await(furtherBehind)))
                .containsOnly(new AppendOutcome.Misplaced(5));
        assertThat(log.tail().endOffset()).isEqualTo(5);
        assertThat(readAll()).hasSize(2);
    }

    @Test
    void aRetryOfIdenticalBytesIsAcknowledgedFromTheLog() throws IOException {
        lead("a");
        append(FIRST, "12345");
        append(FIRST, "678");
        renew(FIRST);
        append(FIRST, "90");
        var before = log.tail();

        assertThat(await(log.append(FIRST, 0, bytes("12345"))))
                .isEqualTo(new AppendOutcome.Appended(1, 5));
        assertThat(await(log.append(FIRST, 8, bytes("90"))))
                .isEqualTo(new AppendOutcome.Appended(4, 10));
        assertThat(log.tail()).isEqualTo(before);
        assertThat(readAll()).hasSize(5);
    }

    @Test
    void aRetryMayBeCutOtherwiseThanWhatTheLogHolds() {
        lead("a");
        append(FIRST, "12345");
        append(FIRST, "678");
        renew(FIRST);
        append(FIRST, "90");

        assertThat(await(log.append(FIRST, 0, bytes("1234567890"))))
                .isEqualTo(new AppendOutcome.Appended(4, 10));
        assertThat(await(log.append(FIRST, 3, bytes("456"))))
                .isEqualTo(new AppendOutcome.Appended(2, 6));
        assertThat(await(log.append(FIRST, 1, bytes("2"))))
                .isEqualTo(new AppendOutcome.Appended(1, 2));
    }

    @Test
    void aRetryRightBehindTheOriginalIsAcknowledgedToo() throws IOException {
        lead("a");
        var original = log.append(FIRST, 0, bytes("12345"));
        var retry = log.append(FIRST, 0, bytes("12345"));
        var next = log.append(FIRST, 5, bytes("6"));
        assertThat(await(original)).isEqualTo(new AppendOutcome.Appended(1, 5));
        assertThat(await(retry)).isEqualTo(new AppendOutcome.Appended(1, 5));
        assertThat(await(next)).isEqualTo(new AppendOutcome.Appended(2, 6));
        assertThat(readAll()).hasSize(3);
    }

    @Test
    void otherBytesThanTheLogHoldsAreMisplaced() throws IOException {
        lead("a");
        append(FIRST, "12345");
        append(FIRST, "678");
        var misplaced = new AppendOutcome.Misplaced(8);
        assertThat(await(log.append(FIRST, 0, bytes("12346")))).isEqualTo(misplaced);
        assertThat(await(log.append(FIRST, 0, bytes("12345677")))).isEqualTo(misplaced);
        assertThat(await(log.append(FIRST, 5, bytes("6789")))).isEqualTo(misplaced);
        assertThat(readAll()).hasSize(3);
    }

    @Test
    void bytesOfAnOlderTermAreNoRetryInANewerOne() {
        lead("a");
        append(FIRST, "12345");
        lead("b");
        append(SECOND, "678");
        var misplaced = new AppendOutcome.Misplaced(8);
        assertThat(await(log.append(SECOND, 0, bytes("12345")))).isEqualTo(misplaced);
        assertThat(await(log.append(SECOND, 4, bytes("5678")))).isEqualTo(misplaced);
        assertThat(await(log.append(SECOND, 5, bytes("678"))))
                .isEqualTo(new AppendOutcome.Appended(3, 8));
    }

    @Test
    void theBytesLieBetweenPositionAndLimit() throws IOException {
        lead("a");
        var window = bytes("0123456789").position(3).limit(6);
        assertThat(await(log.append(FIRST, 0, window))).isEqualTo(new AppendOutcome.Appended(1, 3));
        var direct =
                ByteBuffer.allocateDirect(8).put(2, "abc".getBytes(UTF_8)).position(2).limit(5);
        assertThat(await(log.append(FIRST, 3, direct.asReadOnlyBuffer())))
                .isEqualTo(new AppendOutcome.Appended(2, 6));
        assertThat(text(readAll().subList(1, 3))).isEqualTo("345abc");
    }

    @Test
    void theCallersBufferIsItsOwnAgainOnceTheStageCompletes() throws IOException {
        lead("a");
        var reused = ByteBuffer.allocate(5);
        for (int i = 0; i < 10; i++) {
            reused.clear().put(("five" + i).getBytes(UTF_8)).flip();
            assertThat(await(log.append(FIRST, 5L * i, reused)))
                    .isInstanceOf(AppendOutcome.Appended.class);
        }
        assertThat(text(readAll().subList(1, 11)))
                .isEqualTo("five0five1five2five3five4five5five6five7five8five9");
    }

    @Test
    void whatCanNeverBeAppendedIsRejectedAndTheLogGoesOn() {
        assertThatIllegalArgumentException()
                .as("nobody leads yet")
                .isThrownBy(() -> log.append(Term.NONE, 0, bytes("x")));
        assertThatIllegalArgumentException().isThrownBy(() -> log.renew(Term.NONE));
        lead("a");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> log.append(FIRST, 0, ByteBuffer.allocate(0)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> log.append(FIRST, -5, bytes("12345")));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> log.claim("n".repeat(256), log.tail().index()));
        append(FIRST, "12345");
    }

    @Test
    void anEntryMayBeLargerThanAUnitOfStorage() throws IOException {
        lead("a");
        String large = "0123456789abcdef".repeat(20_000);
        append(FIRST, large);
        append(FIRST, "behind");
        restart();
        assertThat(text(readAll().subList(1, 3))).isEqualTo(large + "behind");
    }

    @Test
    void pendingBytesAreThoseThatAreNotDecided() {
        lead("a");
        var appends = new ArrayList<CompletionStage<AppendOutcome>>();
        for (int i = 0; i < 100; i++) {
            appends.add(log.append(FIRST, 4L * i, number(i)));
            assertThat(log.pendingBytes()).isBetween(0L, 4L * i + 4);
        }
        appends.add(log.append(FIRST, 7, number(0)));
        appends.forEach(TransactionLogConformance::await);
        assertThat(log.pendingBytes()).isZero();
    }

    // ---- renew

    @Test
    void aNoteStandsWhereItWasMeantToAndMovesNoOffset() throws Exception {
        lead("a");
        append(FIRST, "12345");
        assertThat(await(log.note(FIRST, EntryKind.CHECKSUM, 5, bytes("sum"))))
                .isEqualTo(new AppendOutcome.Appended(2, 5));
        append(FIRST, "678");
        assertThat(await(log.note(FIRST, EntryKind.CHECKSUM, 5, bytes("late"))))
                .isEqualTo(new AppendOutcome.Misplaced(8));
        assertThat(readAll())
                .containsExactly(
                        entry(0, FIRST, EntryKind.LEADER, 0, "a"),
                        entry(1, FIRST, EntryKind.DATA, 0, "12345"),
                        entry(2, FIRST, EntryKind.CHECKSUM, 5, "sum"),
                        entry(3, FIRST, EntryKind.DATA, 5, "678"));
        assertThat(log.indexOf(5)).isEqualTo(3);

        await(log.claim("b", 3));
        assertThat(await(log.note(FIRST, EntryKind.CHECKSUM, 8, bytes("old"))))
                .isEqualTo(new AppendOutcome.Fenced(SECOND, "b"));
        log.close();
        log = reopen();
        assertThat(readAll()).hasSize(5);
    }

    @ParameterizedTest
    @EnumSource(
            value = EntryKind.class,
            names = {"DATA", "LEADER", "LEASE"})
    void whatHasACallOfItsOwnIsNoNote(EntryKind kind) {
        lead("a");
        assertThatIllegalArgumentException().isThrownBy(() -> log.note(FIRST, kind, 0, bytes("x")));
    }

    @Test
    void aRenewalAppendsALeaseEntryThatMovesTheLeaseAndNoOffset() throws IOException {
        lead("a");
        append(FIRST, "12345");
        assertThat(log.tail().leaseIndex()).as("data are no sign of a lease").isZero();
        assertThat(await(log.renew(FIRST))).isEqualTo(new AppendOutcome.Appended(2, 5));
        assertThat(log.tail()).isEqualTo(new Tail(2, FIRST, "a", 2, 5));
        append(FIRST, "6");
        assertThat(log.tail()).isEqualTo(new Tail(3, FIRST, "a", 2, 6));
        assertThat(readAll().get(2)).isEqualTo(entry(2, FIRST, EntryKind.LEASE, 5, ""));
    }

    // ---- read

    @Test
    void aReadTakesNoMoreThanFitsButAtLeastOneEntry() throws IOException {
        lead("a");
        for (int i = 0; i < 10; i++) {
            append(FIRST, "ten bytes!");
        }
        assertThat(log.read(1, 29)).hasSizeBetween(1, 2);
        assertThat(log.read(1, 30)).hasSizeBetween(1, 3);
        assertThat(log.read(1, 9)).hasSize(1);
        assertThat(log.read(5, 0)).hasSize(1);
        assertThat(log.read(5, 1_000).getFirst()).isEqualTo(entry(5, FIRST, "ten bytes!", 40));
    }

    @Test
    void aReadAtTheEndOrBeyondIsEmpty() throws IOException {
        lead("a");
        append(FIRST, "12345");
        assertThat(log.read(2, 1_000)).isEmpty();
        assertThat(log.read(3, 1_000)).isEmpty();
        assertThat(log.read(Long.MAX_VALUE, 1_000)).isEmpty();
    }

    @Test
    void aReadMayBeginAnywhere() throws IOException {
        fill(FIRST, lead("a"));
        var all = readAll();
        for (int from = 0; from < all.size(); from++) {
            var some = log.read(from, 3_000);
            assertThat(some).isNotEmpty().isEqualTo(all.subList(from, from + some.size()));
        }
    }

    @Test
    void aReadersViewIsItsOwn() throws IOException {
        lead("a");
        append(FIRST, "12345");
        var payload = log.read(1, 100).getFirst().payload();
        assertThatExceptionOfType(ReadOnlyBufferException.class)
                .isThrownBy(() -> payload.put(0, (byte) 0));
        payload.position(5);
        assertThat(text(log.read(1, 100))).isEqualTo("12345");
    }

    // ---- indexOf

    @Test
    void indexOfFindsTheDataEntryThatHoldsAByte() throws IOException {
        lead("a"); // 0
        append(FIRST, "12345"); // 1
        renew(FIRST); // 2
        lead("b"); // 3
        append(SECOND, "678"); // 4
        append(SECOND, "9"); // 5
        renew(SECOND); // 6

        var indexes = new ArrayList<Long>();
        for (int offset = 0; offset <= 9; offset++) {
            indexes.add(log.indexOf(offset));
        }
        assertThat(indexes).containsExactly(1L, 1L, 1L, 1L, 1L, 4L, 4L, 4L, 5L, 7L);
    }

    @Test
    void indexOfAnOffsetBeyondTheEndIsTheCallersMistake() {
        lead("a");
        append(FIRST, "12345");
        assertThatIllegalArgumentException().isThrownBy(() -> log.indexOf(6));
        assertThatIllegalArgumentException().isThrownBy(() -> log.indexOf(-1));
    }

    @Test
    void indexOfWorksAcrossUnitsOfStorage() throws IOException {
        fill(FIRST, lead("a"));
        for (var entry : readAll()) {
            if (entry.kind() == EntryKind.DATA) {
                assertThat(log.indexOf(entry.firstOffset())).isEqualTo(entry.index());
                assertThat(log.indexOf(entry.endOffset() - 1)).isEqualTo(entry.index());
            }
        }
    }

    // ---- follow

    @Test
    void aFollowerIsToldOfEveryCommitInOrderAndCanReadIt() throws Exception {
        var told = new LinkedBlockingQueue<Tail>();
        try (var _ = log.follow(told::add)) {
            lead("a");
            for (int i = 0; i < 200; i++) {
                log.append(FIRST, 4L * i, number(i));
            }
            log.renew(FIRST);
            var previous = Tail.EMPTY;
            while (previous.index() < 201) {
                var tail = told.poll(120, TimeUnit.SECONDS);
                assertThat(tail).isNotNull();
                assertThat(tail.index()).isGreaterThan(previous.index());
                assertThat(tail.endOffset()).isGreaterThanOrEqualTo(previous.endOffset());
                assertThat(log.tail().index()).isGreaterThanOrEqualTo(tail.index());
                assertThat(log.read(previous.index() + 1, 1)).hasSize(1);
                assertThat(log.read(tail.index(), 1).getFirst().index()).isEqualTo(tail.index());
                previous = tail;
            }
            assertThat(previous).isEqualTo(new Tail(201, FIRST, "a", 201, 800));
            assertThat(told).isEmpty();
        }
    }

    @Test
    void aRefusalIsNoCommit() throws Exception {
        var told = new LinkedBlockingQueue<Tail>();
        try (var _ = log.follow(told::add)) {
            lead("a");
            assertThat(told.poll(120, TimeUnit.SECONDS)).isEqualTo(log.tail());
            await(log.append(FIRST, 9, bytes("x")));
            await(log.append(SECOND, 0, bytes("x")));
            await(log.claim("b", 7));
            append(FIRST, "12345");
            assertThat(told.poll(120, TimeUnit.SECONDS)).isEqualTo(log.tail());
            assertThat(told).isEmpty();
        }
    }

    @Test
    void aClosedSubscriptionIsToldNoMoreAndOthersAre() throws Exception {
        var gone = new LinkedBlockingQueue<Tail>();
        var stays = new LinkedBlockingQueue<Tail>();
        TransactionLog.Listener twice = stays::add;
        var ending = log.follow(gone::add);
        var endingTwice = log.follow(twice);
        try (var _ = log.follow(twice)) {
            lead("a");
            for (int i = 0; i < 2; i++) {
                assertThat(stays.poll(120, TimeUnit.SECONDS)).isEqualTo(log.tail());
            }
            ending.close();
            endingTwice.close();
            endingTwice.close();
            append(FIRST, "12345");
            assertThat(stays.poll(120, TimeUnit.SECONDS)).isEqualTo(log.tail());
            append(FIRST, "6");
            assertThat(stays.poll(120, TimeUnit.SECONDS)).isEqualTo(log.tail());
            assertThat(gone).hasSize(1);
        }
    }

    // ---- who wrote it

    @Test
    void theNewestEngineEntryIsKnownNowAndWhenTheLogIsOpenedAgain() throws Exception {
        assertThat(log.newestEngine()).isEmpty();
        lead("a");
        append(FIRST, "12345");
        assertThat(log.newestEngine()).isEmpty();
        await(log.note(FIRST, EntryKind.ENGINE, 5, bytes("one")));
        append(FIRST, "6");
        var other = bytes("other");
        await(log.note(FIRST, EntryKind.ENGINE, 6, other));
        other.put(0, (byte) 'X'); // the caller's again
        await(log.note(FIRST, EntryKind.CHECKSUM, 6, bytes("12345678")));
        fill(FIRST, log.tail().index()); // several units of storage
        for (int opened = 0; opened < 2; opened++) {
            assertThat(log.newestEngine()).contains(entry(4, FIRST, EntryKind.ENGINE, 6, "other"));
            restart();
        }
        lead("b");
        await(log.note(SECOND, EntryKind.ENGINE, log.tail().endOffset(), bytes("newer")));
        assertThat(log.newestEngine().orElseThrow().payload()).isEqualTo(bytes("newer"));
    }

    @Test
    void anEngineEntryThatWasRefusedIsNotThere() throws IOException {
        lead("a");
        await(log.note(FIRST, EntryKind.ENGINE, 9, bytes("misplaced")));
        lead("b");
        await(log.note(FIRST, EntryKind.ENGINE, 0, bytes("fenced")));
        assertThat(log.newestEngine()).isEmpty();
    }

    // ---- trim

    @Test
    void aTrimOfAFencedTermIsRefused() throws IOException {
        fill(FIRST, lead("a"));
        lead("b");
        var all = readAll();
        assertThat(log.trim(FIRST, log.tail().index())).isFalse();
        assertThat(log.trim(Term.NONE, log.tail().index())).isFalse();
        assertThat(readAll()).isEqualTo(all);
    }

    @Test
    void trimmedEntriesAreGoneAndKeptOnesAreNot() throws IOException {
        fill(FIRST, lead("a"));
        long firstKept = lead("b");
        fill(SECOND, firstKept);
        var tail = log.tail();
        var kept = readFrom(firstKept);

        assertThat(log.trim(SECOND, firstKept)).isTrue();
        for (int opened = 0; opened < 2; opened++) {
            assertThat(log.tail()).isEqualTo(tail);
            assertThat(readFrom(firstKept)).isEqualTo(kept);
            assertThat(log.indexOf(tail.endOffset() - 1)).isEqualTo(tail.index());
            assertThatExceptionOfType(TrimmedException.class).isThrownBy(() -> log.read(0, 1_000));
            assertThatExceptionOfType(TrimmedException.class).isThrownBy(() -> log.indexOf(0));
            restart();
        }
        append(SECOND, "behind the trimmed log");
    }

    @Test
    void aTrimKeepsTheFirstEntryThatIsToBeKept() throws IOException {
        fill(FIRST, lead("a"));
        fill(SECOND, lead("b"));
        for (int i = 0; i < 4; i++) {
            append(SECOND, "large".repeat(1_000)); // as much as a whole file may have
        }
        var all = readAll();
        for (int firstKept = 0; firstKept < all.size(); firstKept++) {
            assertThat(log.trim(SECOND, firstKept)).isTrue();
            assertThat(log.firstIndex()).isLessThanOrEqualTo(firstKept);
            var entry = all.get(firstKept);
            if (entry.kind() == EntryKind.DATA) {
                assertThat(log.indexOf(entry.firstOffset())).isEqualTo(firstKept);
            }
        }
        assertThat(log.firstIndex()).as("something was given up").isPositive();
    }

    @Test
    void aTrimNeverTakesTheEnd() throws IOException {
        fill(FIRST, lead("a"));
        var tail = log.tail();
        assertThat(log.trim(FIRST, Long.MAX_VALUE)).isTrue();
        assertThat(log.tail()).isEqualTo(tail);
        restart();
        assertThat(log.tail()).isEqualTo(tail);
        append(FIRST, "12345");
        assertThat(text(log.read(tail.index() + 1, 100))).isEqualTo("12345");
    }

    @Test
    void aTrimMayGiveUpNothing() throws IOException {
        fill(FIRST, lead("a"));
        var all = readAll();
        assertThat(log.trim(FIRST, 0)).isTrue();
        assertThat(log.trim(FIRST, 1)).isTrue();
        assertThat(readAll()).isEqualTo(all);
    }

    // ---- order, close, reopen

    @Test
    void outcomesCompleteInTheOrderOfTheCalls() throws Exception {
        lead("a");
        int calls = 500;
        var completed = new CopyOnWriteArrayList<Integer>();
        var last = new CompletableFuture<Void>();
        long offset = 0;
        for (int i = 0; i < calls; i++) {
            CompletionStage<?> stage =
                    switch (i % 5) {
                        case 0 -> log.renew(FIRST);
                        case 1 -> log.claim("b", 0);
                        case 2 -> log.append(new Term(9), 0, bytes("fenced"));
                        case 3 -> log.append(FIRST, offset + 1, bytes("misplaced"));
                        default -> log.append(FIRST, offset, bytes("fits"));
                    };
            offset += i % 5 == 4 ? 4 : 0;
            int call = i;
            stage.thenAccept(_ -> {
                completed.add(call);
                if (call == calls - 1) {
                    last.complete(null);
                }
            });
        }
        last.get(120, TimeUnit.SECONDS);
        assertThat(completed).isEqualTo(IntStream.range(0, calls).boxed().toList());
    }

    @Test
    void closingDecidesWhatIsUnderWay() throws Exception {
        lead("a");
        var appends = new ArrayList<CompletionStage<AppendOutcome>>();
        for (int i = 0; i < 200; i++) {
            appends.add(log.append(FIRST, 4L * i, number(i)));
        }
        log.close();
        for (int i = 0; i < appends.size(); i++) {
            assertThat(appends.get(i).toCompletableFuture())
                    .isCompletedWithValue(new AppendOutcome.Appended(i + 1, 4L * i + 4));
        }
        log = reopen();
        assertThat(log.tail()).isEqualTo(new Tail(200, FIRST, "a", 0, 800));
    }

    @Test
    void aClosedLogAnswersUnknownAndClosesTwice() {
        lead("a");
        log.close();
        log.close();
        assertThat(await(log.append(FIRST, 0, bytes("x"))))
                .isInstanceOf(AppendOutcome.Unknown.class);
        assertThat(await(log.renew(FIRST))).isInstanceOf(AppendOutcome.Unknown.class);
        assertThat(await(log.claim("b", 0))).isInstanceOf(ClaimOutcome.Unknown.class);
    }

    @Test
    void aClosedLogTrimsNothing() throws Exception {
        fill(FIRST, lead("a"));
        var all = readAll();
        log.close();
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> log.trim(FIRST, log.tail().index()));
        log = reopen();
        assertThat(readAll()).isEqualTo(all);
    }

    @Test
    void everythingSurvivesAReopen() throws Exception {
        fill(FIRST, lead("a"));
        renew(FIRST);
        fill(SECOND, lead("b"));
        var tail = log.tail();
        var all = readAll();
        restart();
        assertThat(log.tail()).isEqualTo(tail);
        assertThat(readAll()).isEqualTo(all);

        assertThat(await(log.append(FIRST, tail.endOffset(), bytes("x"))))
                .isEqualTo(new AppendOutcome.Fenced(SECOND, "b"));
        append(SECOND, "12345");
        assertThat(await(log.append(SECOND, tail.endOffset(), bytes("12345"))))
                .as("a retry")
                .isEqualTo(new AppendOutcome.Appended(tail.index() + 1, tail.endOffset() + 5));
        restart();
        assertThat(await(log.append(SECOND, tail.endOffset(), bytes("12345"))))
                .as("a retry after a reopen")
                .isEqualTo(new AppendOutcome.Appended(tail.index() + 1, tail.endOffset() + 5));
        assertThat(await(log.claim("c", tail.index() + 1)))
                .isEqualTo(new ClaimOutcome.Won(new Term(3), tail.index() + 2));
    }

    @Test
    void anEmptyLogSurvivesAReopen() throws Exception {
        restart();
        assertThat(log.tail()).isEqualTo(Tail.EMPTY);
        assertThat(lead("a")).isZero();
    }

    // ---- helpers

    /// Wins the leadership for `node` and gives the index of its LEADER entry.
    private long lead(String node) {
        var outcome = await(log.claim(node, log.tail().index()));
        assertThat(outcome).isInstanceOf(ClaimOutcome.Won.class);
        return ((ClaimOutcome.Won) outcome).index();
    }

    private void append(Term term, String text) {
        long offset = log.tail().endOffset();
        assertThat(await(log.append(term, offset, bytes(text))))
                .isEqualTo(
                        new AppendOutcome.Appended(
                                log.tail().index(), offset + text.getBytes(UTF_8).length));
    }

    private void renew(Term term) {
        assertThat(await(log.renew(term))).isInstanceOf(AppendOutcome.Appended.class);
    }

    /// Appends 32 KiB, one entry after the other.
    ///
    /// @param leaderIndex where the term begins; it must be the end of the log
    private void fill(Term term, long leaderIndex) {
        assertThat(log.tail().index()).isEqualTo(leaderIndex);
        for (int i = 0; i < 32; i++) {
            append(term, "%04d".formatted(i).repeat(256));
        }
    }

    private void restart() throws IOException {
        log.close();
        try {
            log = reopen();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException("the log cannot be opened again", e);
        }
    }

    private List<LogEntry> readAll() throws IOException {
        return readFrom(0);
    }

    private List<LogEntry> readFrom(long index) throws IOException {
        var all = new ArrayList<LogEntry>();
        while (true) {
            var some = log.read(index + all.size(), 5_000);
            if (some.isEmpty()) {
                return all;
            }
            all.addAll(some);
        }
    }

    private static LogEntry entry(
            long index, Term term, EntryKind kind, long firstOffset, String payload) {
        return new LogEntry(index, term, kind, firstOffset, bytes(payload));
    }

    private static LogEntry entry(long index, Term term, String data, long firstOffset) {
        return entry(index, term, EntryKind.DATA, firstOffset, data);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    private static ByteBuffer number(int number) {
        return ByteBuffer.allocate(4).putInt(0, number);
    }

    private static String text(List<LogEntry> entries) {
        var text = new StringBuilder();
        entries.forEach(entry -> text.append(UTF_8.decode(entry.payload())));
        return text.toString();
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(120, TimeUnit.SECONDS).join();
    }
}
