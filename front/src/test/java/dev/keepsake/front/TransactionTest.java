package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.RecordedCommands;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TransactionTest {
    private static final CommandTable TABLE = RecordedCommands.table();
    private static final String MISCONF = "MISCONF no room";

    private final Transaction open = new Transaction();

    private static CommandSpec spec(String name) {
        return requireNonNull(TABLE.find(name));
    }

    private void queue(String... names) {
        for (var name : names) {
            open.queue(spec(name), 10, null);
        }
    }

    private @Nullable String onPrimary() {
        return open.whyAborted(true, false, TransactionTest::moved, null);
    }

    private @Nullable String onReplica(boolean readsHere) {
        return open.whyAborted(false, readsHere, TransactionTest::moved, null);
    }

    private static String moved(int slot) {
        return "MOVED " + slot;
    }

    @Test
    void aTransactionWithKeysOfOneSlotIsExecuted() {
        open.noteSlot(5);
        open.noteSlot(-1); // without keys
        open.noteSlot(5);
        assertThat(onPrimary()).isNull();
    }

    @Test
    void aTransactionWithKeysOfSeveralSlotsIsRefused() {
        open.noteSlot(5);
        open.noteSlot(6);
        open.noteSlot(6);
        assertThat(onPrimary()).isEqualTo(Route.CROSS_SLOT);
    }

    @Test
    void aFailedCommandAbortsAndLaterSlotsDoNotCount() {
        open.noteSlot(5);
        open.fail();
        open.noteSlot(6);
        assertThat(onPrimary()).isEqualTo(Transaction.EXEC_ABORT);
    }

    @Test
    void aFailureBehindSeveralSlotsIsReportedAsCrossSlot() {
        open.noteSlot(5);
        open.noteSlot(6);
        open.fail();
        assertThat(onPrimary()).isEqualTo(Route.CROSS_SLOT);
    }

    @Test
    void theKeysRedirectTheClientWhenTheNodeHasHandedOver() {
        queue("get");
        open.noteSlot(5);
        assertThat(onReplica(false)).isEqualTo("MOVED 5");
        assertThat(onReplica(true)).isNull();
    }

    @Test
    void aTransactionThatWritesIsRedirectedAlsoWhenItsClientReadsFromReplicas() {
        queue("get", "set");
        open.noteSlot(5);
        assertThat(onReplica(true)).isEqualTo("MOVED 5");
    }

    @Test
    void aReplicaRefusesACommandForPrimariesWithoutKeys() {
        queue("publish");
        assertThat(onReplica(true))
                .isEqualTo(
                        "EXECABORT Transaction discarded because of: " + Route.READ_ONLY_REPLICA);
        assertThat(onPrimary()).isNull();
    }

    @Test
    void aReplicaExecutesScripts() {
        queue("eval");
        assertThat(onReplica(true)).isNull();
    }

    @Test
    void aFailureIsReportedBeforeALogWithoutRoom() {
        queue("set");
        assertThat(open.whyAborted(true, false, TransactionTest::moved, MISCONF))
                .isEqualTo("EXECABORT Transaction discarded because of: " + MISCONF);
        open.fail();
        assertThat(open.whyAborted(true, false, TransactionTest::moved, MISCONF))
                .isEqualTo(Transaction.EXEC_ABORT);
    }

    @Test
    void aReadOnlyTransactionIsExecutedThoughTheLogHasNoRoom() {
        queue("get", "mget", "ping");
        assertThat(open.whyAborted(true, false, TransactionTest::moved, MISCONF)).isNull();
        assertThat(open.mayReplicate()).isFalse();
    }

    @Test
    void commandsThatWritePublishOrStoreAResultReplicate() {
        for (var name : new String[] {"set", "eval", "publish", "spublish", "pfcount"}) {
            var another = new Transaction();
            another.queue(spec("get"), 1, null);
            another.queue(spec(name), 1, null);
            assertThat(another.mayReplicate()).as(name).isTrue();
            assertThat(another.isReadOnly()).as(name).isFalse();
        }
    }

    @Test
    void aTransactionIsReadOnlyWhenItChangesNothing() {
        assertThat(open.isReadOnly()).isTrue();
        queue("get", "dbsize");
        assertThat(open.isReadOnly()).isTrue();
        open.queueSubscription(2, confirmation -> {});
        assertThat(open.isReadOnly()).isFalse();
    }

    /// The first failure decides, as in Redis.
    @Test
    void aFailureBehindKeysOfSeveralSlotsChangesNothing() {
        open.noteSlot(5);
        open.noteSlot(6);
        open.fail();
        assertThat(onPrimary()).isEqualTo(Route.CROSS_SLOT);
    }

    /// A replica that was the primary when the transaction began has the keys, but may not execute
    /// the writes.
    @Test
    void keysOfSeveralSlotsAreReportedOnAReplicaToo() {
        open.noteSlot(5);
        open.noteSlot(6);
        assertThat(onReplica(true)).isEqualTo(Route.CROSS_SLOT);
        assertThat(onReplica(false)).isEqualTo(Route.CROSS_SLOT);
    }

    @Test
    void anEmptyTransactionIsExecutedAnywhereAndChangesNothing() {
        assertThat(onPrimary()).isNull();
        assertThat(onReplica(false)).isNull();
        assertThat(open.isReadOnly()).isTrue();
        assertThat(open.mayReplicate()).isFalse();
        assertThat(open.count()).isZero();
    }

    /// A client with a new subscription must not get the answer that EXEC failed.
    @Test
    void aSubscriptionMakesATransactionNotReadOnly() {
        open.queueSubscription(3, confirmation -> {});
        assertThat(open.isReadOnly()).isFalse();
        assertThat(open.mayReplicate()).isFalse();
        assertThat(open.count()).as("one command").isOne();
    }

    /// The weight of an answer of the front is the heap that it uses.
    @Test
    void theWeightOfAnAnswerOfTheFrontIsItsHeap() {
        open.queueAnswer(spec("client|id"), 5_000, placeholder -> placeholder);
        assertThat(open.weightBytes()).isEqualTo(5_000);
        assertThat(open.heapBytes()).isGreaterThanOrEqualTo(5_000);
        open.addWeight(7);
        assertThat(open.weightBytes()).isEqualTo(5_007);
    }

    @Test
    void theWeightIsTheSumOfTheQueuedCommands() {
        queue("set", "get");
        open.addWeight(5);
        open.queueAnswer(spec("client|id"), 100, engines -> engines);
        assertThat(open.weightBytes()).isEqualTo(10 + 10 + 5 + 100);
        assertThat(open.heapBytes()).isGreaterThanOrEqualTo(100);
        assertThat(open.count()).isEqualTo(3);
    }

    @Test
    void theReplyIsPassedOnWhenAllAnswersAreTheEngines() {
        queue("set", "get");
        assertThat(open.changeOfReply()).isNull();
    }

    @Test
    void answersOfTheFrontReplaceTheEnginesPlaceholders() {
        var confirmed = new ArrayList<String>();
        queue("set");
        open.queueAnswer(spec("client|id"), 50, placeholder -> bytes(":7\r\n"));
        open.queueSubscription(2, confirmation -> confirmed.add(text(confirmation)));
        queue("get");
        var change = requireNonNull(open.changeOfReply());
        assertThat(text(change.apply(bytes("*5\r\n+OK\r\n+place\r\n:1\r\n:2\r\n$1\r\nv\r\n"))))
                .isEqualTo("*4\r\n+OK\r\n:7\r\n:1\r\n:2\r\n$1\r\nv\r\n");
        assertThat(confirmed).containsExactly(":1\r\n", ":2\r\n");
    }

    @Test
    void theReplyIsUnchangedWhenNothingWasExecuted() {
        open.queueAnswer(spec("client|id"), 50, placeholder -> bytes(":7\r\n"));
        var change = requireNonNull(open.changeOfReply());
        assertThat(text(change.apply(bytes("*-1\r\n")))).isEqualTo("*-1\r\n");
        assertThat(text(change.apply(bytes("-EXECABORT no\r\n")))).isEqualTo("-EXECABORT no\r\n");
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }

    private static String text(ByteBuf bytes) {
        return bytes.toString(US_ASCII);
    }
}
