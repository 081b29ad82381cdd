package dev.keepsake.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.keepsake.core.Term;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LogQueueTest {
    private static final Term TERM = Term.NONE.next();

    private final ReentrantLock lock = new ReentrantLock();
    private final LogQueue queue = new LogQueue("logs/demo", 10, lock, lock.newCondition());

    @Test
    void requestsAreTakenOutInTheOrderOfTheCalls() {
        queue.claim("a", -1);
        queue.append(TERM, 0, bytes("1"));
        queue.renew(TERM);
        queue.note(TERM, EntryKind.CHECKSUM, 1, bytes("2"));
        queue.append(TERM, 1, bytes("3"));

        assertThat(taken(99, 99))
                .extracting(LogQueueTest::kind)
                .containsExactly("claim", "DATA 0", "LEASE -1", "CHECKSUM 1", "DATA 1");
        assertThat(taken(99, 99)).isEmpty();
    }

    @Test
    void aBatchEndsBehindTheRequestThatReachesItsBound() {
        for (int offset = 0; offset < 8; offset += 2) {
            queue.append(TERM, offset, bytes("xy"));
        }
        assertThat(taken(99, 3)).hasSize(2);
        assertThat(taken(1, 99)).hasSize(1);
        assertThat(taken(99, 1)).as("one is taken however large it is").hasSize(1);
    }

    @Test
    void bytesArePendingUntilTheirRequestIsDecidedNotOnlyUntilItIsTaken() {
        queue.append(TERM, 0, bytes("12345"));
        queue.append(TERM, 5, bytes("6789"));
        assertThat(queue.pendingBytes()).isEqualTo(9);

        var taken = taken(99, 99);
        assertThat(queue.pendingBytes()).isEqualTo(9);
        queue.decided(taken.getFirst());
        assertThat(queue.pendingBytes()).isEqualTo(4);
        queue.decided(taken.subList(1, 2));
        assertThat(queue.pendingBytes()).isZero();
    }

    @Test
    void whatExceedsTheBoundIsRefusedAtOnceAndMayBeOfferedAgainLater() {
        queue.append(TERM, 0, bytes("1234567"));
        assertThat(outcome(queue.append(TERM, 7, bytes("8901"))))
                .isEqualTo(
                        new AppendOutcome.Full(
                                "7 bytes wait for logs/demo already; the bound is 10"));
        assertThat(queue.append(TERM, 7, bytes("890")).toCompletableFuture())
                .as("just as many as fit")
                .isNotDone();
        assertThat(outcome(queue.note(TERM, EntryKind.ENGINE, 10, bytes("1"))))
                .isInstanceOf(AppendOutcome.Full.class);

        queue.decided(taken(1, 99));
        assertThat(queue.append(TERM, 10, bytes("1234567")).toCompletableFuture()).isNotDone();
        assertThat(taken(99, 99)).as("what was refused is not in it").hasSize(2);
    }

    /// They have no bytes, and a full queue must not cost the lease.
    @Test
    void leasesAndClaimsFindRoomInAFullQueue() {
        queue.append(TERM, 0, bytes("1234567890"));
        assertThat(queue.renew(TERM).toCompletableFuture()).isNotDone();
        assertThat(queue.claim("b", 7).toCompletableFuture()).isNotDone();
        assertThat(taken(99, 99)).hasSize(3);
    }

    @Test
    void behindTheEndNothingIsTakenInAndWhatWaitsIsStillDecided() {
        queue.append(TERM, 0, bytes("1"));
        assertThat(queue.close()).isTrue();
        assertThat(queue.close()).as("again").isFalse();

        assertUnknown(queue.append(TERM, 1, bytes("2")), "the log logs/demo is closed");
        assertUnknown(queue.renew(TERM), "the log logs/demo is closed");
        assertThat(queue.claim("a", -1).toCompletableFuture().getNow(null))
                .isInstanceOfSatisfying(
                        ClaimOutcome.Unknown.class,
                        unknown -> assertThat(unknown.cause()).hasMessageContaining("is closed"));
        assertThatIOException().isThrownBy(queue::checkOpen).withMessageContaining("is closed");
        assertThat(taken(99, 99)).hasSize(1);
        assertThat(queue.pendingBytes()).isEqualTo(1);
    }

    @Test
    void aLogThatFailedHandsOutWhatWaitsAndTellsWhyToWhoeverComesLater() {
        queue.append(TERM, 0, bytes("123"));
        taken(1, 99);
        var late = queue.append(TERM, 3, bytes("4"));

        var waiting = queue.breakDown("the disk is gone");
        assertThat(waiting).hasSize(1);
        assertThat(queue.pendingBytes()).isZero();
        assertThat(late.toCompletableFuture()).as("the log answers it").isNotDone();
        waiting.getFirst().full("no room");
        assertThat(outcome(late)).isEqualTo(new AppendOutcome.Full("no room"));

        assertUnknown(queue.append(TERM, 4, bytes("5")), "the disk is gone");
        queue.close();
        assertUnknown(queue.renew(TERM), "the disk is gone");
        assertThatIOException().isThrownBy(queue::checkOpen).withMessage("the disk is gone");
    }

    @Test
    void aRequestKeepsItsFirstAnswer() {
        var claim = queue.claim("a", -1);
        var request = taken(1, 1).getFirst();
        request.full("first");
        request.unknown(new IllegalStateException("second"));
        assertThat(claim.toCompletableFuture().getNow(null))
                .isEqualTo(new ClaimOutcome.Full("first"));
    }

    @Test
    void onlyWhoeverHoldsTheLockTakesRequestsOut() {
        assertThatIllegalStateException()
                .isThrownBy(() -> queue.takeInto(new ArrayList<>(), 1, 1))
                .withMessageContaining("logs/demo");
        assertThatIllegalStateException().isThrownBy(queue::isEmpty);
    }

    @Test
    void whatNoCallerMayAskForIsRefusedWithoutBeingTakenIn() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> queue.append(TERM, 0, bytes("")))
                .withMessage("nothing to append at offset 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> queue.append(TERM, -1, bytes("1")))
                .withMessage("append at negative offset -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> queue.append(Term.NONE, 0, bytes("1")))
                .withMessageContaining("claim the leadership first");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> queue.claim("é".repeat(128), -1))
                .withMessageStartingWith("node name of 256 bytes exceeds 255");
        queue.claim("é".repeat(127) + "x", -1);
        assertThat(taken(99, 99)).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = EntryKind.class,
            names = {"DATA", "LEADER", "LEASE"})
    void dataAndLeadershipAreNoNotes(EntryKind kind) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> queue.note(TERM, kind, 0, bytes("1")))
                .withMessage("a %s entry is not a note", kind);
    }

    @Test
    void aLeaseBelongsAnywhereAndAllElseAtTheEnd() {
        queue.renew(TERM);
        queue.append(TERM, 3, bytes("1"));
        queue.note(TERM, EntryKind.CHECKSUM, 3, bytes("1"));
        var misplaced = new ArrayList<Boolean>();
        for (var request : taken(99, 99)) {
            var append = (LogQueue.AppendRequest) request;
            misplaced.add(append.isMisplaced(3));
            misplaced.add(append.isMisplaced(4));
        }
        assertThat(misplaced).containsExactly(false, false, false, true, false, true);
    }

    private List<LogQueue.Request> taken(int maxRequests, long maxBytes) {
        var taken = new ArrayList<LogQueue.Request>();
        lock.lock();
        try {
            queue.takeInto(taken, maxRequests, maxBytes);
        } finally {
            lock.unlock();
        }
        return taken;
    }

    private static String kind(LogQueue.Request request) {
        return switch (request) {
            case LogQueue.ClaimRequest _ -> "claim";
            case LogQueue.AppendRequest append -> append.kind() + " " + append.expectedOffset();
        };
    }

    private static void assertUnknown(CompletionStage<AppendOutcome> stage, String message) {
        assertThat(outcome(stage))
                .isInstanceOfSatisfying(
                        AppendOutcome.Unknown.class,
                        unknown -> assertThat(unknown.cause()).hasMessage(message));
    }

    private static AppendOutcome outcome(CompletionStage<AppendOutcome> stage) {
        assertThat(stage.toCompletableFuture()).isCompleted();
        return stage.toCompletableFuture().join();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }
}
