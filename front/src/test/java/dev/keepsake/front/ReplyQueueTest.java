package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReplyQueueTest {
    private static final String BUSY =
            "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n";

    private final FakeRules node = new FakeRules();
    private final FakeOutlet wire = new FakeOutlet(new StringBuilder());
    private final ReplyQueue replies = new ReplyQueue(node, wire);

    @AfterEach
    void release() {
        node.end();
        replies.discard();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }

    private void park(String text, Patience patience) {
        var parked = replies.park(bytes(text), patience);
        if (parked != null) {
            node.parkLate(parked);
        }
    }

    @Test
    void repliesAreSentAtTheEndOfTheTurn() {
        replies.tell(bytes("a"));
        replies.deliver(bytes("b"));
        assertThat(wire.sent).isEmpty();
        node.outbox.flush();
        assertThat(wire.sent).hasToString("ab");
    }

    @Test
    void repliesThatDependOnDataAreNotSentWithoutTheLease() {
        replies.tell(bytes("a"));
        node.lease = false;
        node.outbox.flush();
        assertThat(wire.sent).isEmpty();
        node.lease = true;
        node.outbox.flush();
        assertThat(wire.sent).hasToString("a");
    }

    @Test
    void aParkedReplyIsSentWhenItIsDurable() {
        park("a", Patience.ENDLESS);
        node.late.barrier(10);
        node.durable(9);
        assertThat(wire.sent).isEmpty();
        assertThat(node.durability.parkedBytes()).isEqualTo(1);
        node.durable(10);
        assertThat(wire.sent).hasToString("a");
        assertThat(node.durability.parkedBytes()).isZero();
        assertThat(replies.hasParked()).isFalse();
    }

    @Test
    void answersOfTheFrontDoNotOvertakeParkedReplies() {
        park("a", Patience.ENDLESS);
        node.late.barrier(10);
        replies.answer(bytes("b"));
        node.outbox.flush();
        assertThat(wire.sent).isEmpty();
        node.durable(10);
        assertThat(wire.sent).hasToString("a");
        node.late.barrier(11);
        node.durable(11);
        assertThat(wire.sent).hasToString("ab");
    }

    // ---- messages that answer no command

    /// A line of MONITOR contains commands that may not be durable.
    @Test
    void aLineThatIsShownWaitsForTheLog() {
        replies.show(bytes("line"));
        node.outbox.flush();
        assertThat(wire.sent).isEmpty();
        node.late.barrier(5);
        node.durable(5);
        assertThat(wire.sent).hasToString("line");
    }

    @Test
    void nothingIsShownToAConnectionThatEnds() {
        park("a", Patience.ENDLESS);
        replies.end();
        replies.show(bytes("line"));
        replies.takeOfOwnLane(bytes("news"), Patience.NONE, true);
        node.late.barrier(5);
        node.durable(5);
        assertThat(wire.sent).hasToString("a");
        assertThat(wire.end).isEqualTo("closed");
    }

    @Test
    void aClosedConnectionIsSentNothing() {
        park("a", Patience.ENDLESS);
        wire.end = "gone";
        replies.takeOfOwnLane(bytes("b"), Patience.NONE, false);
        replies.show(bytes("c"));
        node.late.barrier(5);
        node.durable(5);
        assertThat(wire.sent).isEmpty();
        assertThat(node.durability.parkedBytes()).as("and keeps nothing").isZero();
    }

    @Test
    void gatheredRepliesAreDroppedWithTheConnection() {
        replies.tell(bytes("abc"));
        assertThat(replies.output().bytes()).isEqualTo(3);
        assertThat(replies.hasToTell()).isTrue();
        replies.discard();
        assertThat(replies.output().bytes()).isZero();
        assertThat(replies.hasToTell()).isFalse();
    }

    // ---- answers that another party was asked for

    /// The engine says so about itself, not about data.
    @Test
    void theErrorOfABusyEngineIsSentAtOnce() {
        replies.answerLate(bytes(BUSY), Patience.LIMITED);
        node.outbox.flush();
        assertThat(wire.sent).hasToString(BUSY);
    }

    /// A script may return nearly the same text, because of what it has read.
    @Test
    void aReplyThatOnlyLooksLikeTheErrorOfABusyEngineWaits() {
        replies.answerLate(
                bytes("-BUSY " + BUSY.substring(6).replace("Redis", "k=1")), Patience.LIMITED);
        node.outbox.flush();
        assertThat(wire.sent).isEmpty();
        assertThat(replies.hasParked()).isTrue();
    }

    @Test
    void theErrorOfABusyEngineDoesNotOvertakeParkedReplies() {
        park("a", Patience.ENDLESS);
        replies.answerLate(bytes(BUSY), Patience.LIMITED);
        node.outbox.flush();
        assertThat(wire.sent).isEmpty();
    }

    @Test
    void withoutTheLeaseAnAnswerWithoutDataWaitsToo() {
        node.lease = false;
        replies.answerLate(bytes("a"), Patience.NONE);
        node.outbox.flush();
        assertThat(wire.sent).isEmpty();
        assertThat(replies.hasParked()).isTrue();
    }

    /// The reply behind it reveals that the command was executed.
    @Test
    void anUnwantedAnswerKeepsItsPlace() {
        replies.mute(ReplyQueue.Mute.NEXT);
        replies.answerLate(bytes("unwanted"), Patience.LIMITED);
        replies.onReplied();
        replies.answer(bytes("next"));
        node.outbox.flush();
        assertThat(wire.sent).isEmpty();
        node.late.barrier(5);
        node.durable(5);
        assertThat(wire.sent).hasToString("next");
    }

    /// CLIENT REPLY SKIP inside CLIENT REPLY OFF, as in Redis.
    @Test
    void skipHasNoEffectWhileRepliesAreOff() {
        replies.mute(ReplyQueue.Mute.EVERYTHING);
        replies.mute(ReplyQueue.Mute.NEXT);
        replies.answer(bytes("a"));
        replies.answer(bytes("b"));
        assertThat(replies.swallowsReply()).isTrue();
        replies.mute(ReplyQueue.Mute.NOTHING);
        replies.answer(bytes("c"));
        node.outbox.flush();
        assertThat(wire.sent).hasToString("c");
    }

    @Test
    void parkedRepliesAreCounted() {
        park("abc", Patience.ENDLESS);
        park("de", Patience.LIMITED);
        assertThat(replies.parkedCount()).isEqualTo(2);
        assertThat(replies.parkedBytes()).isEqualTo(5);
    }

    @Test
    void anUnwantedReplyKeepsItsPlace() {
        replies.mute(ReplyQueue.Mute.NEXT);
        node.parkUnwanted(replies, Patience.ENDLESS);
        replies.onReplied();
        assertThat(wire.replied).isEqualTo(1);
        node.late.barrier(10);
        replies.answer(bytes("b"));
        node.late.barrier(10);
        node.durable(9);
        assertThat(wire.sent).isEmpty();
        node.durable(10);
        assertThat(wire.sent).hasToString("b");
    }

    @Test
    void unwantedAnswersOfTheFrontAreDropped() {
        replies.mute(ReplyQueue.Mute.NEXT);
        replies.answer(bytes("")); // the answer to CLIENT REPLY SKIP itself
        replies.answer(bytes("a"));
        replies.answer(bytes("b"));
        node.outbox.flush();
        assertThat(wire.sent).hasToString("b");
        replies.mute(ReplyQueue.Mute.EVERYTHING);
        replies.mute(ReplyQueue.Mute.NEXT); // has no effect a second time
        replies.answer(bytes("c"));
        replies.answer(bytes("d"));
        replies.unmute();
        replies.answer(bytes("e"));
        node.outbox.flush();
        assertThat(wire.sent).hasToString("be");
    }

    @Test
    void aLostReplyResetsTheConnection() {
        park("a", Patience.ENDLESS);
        node.late.barrier(10);
        node.durability.end();
        assertThat(wire.end).isEqualTo("reset");
        assertThat(wire.sent).isEmpty();
        assertThat(node.durability.parkedBytes()).isZero();
    }

    @Test
    void anAnswerWithoutDataIsSentAtOnceWhenNothingIsParked() {
        replies.answerLate(bytes("a"), Patience.NONE);
        replies.answerLate(bytes(BUSY), Patience.NONE);
        node.outbox.flush();
        String before = wire.sent.toString();
        assertThat(before).startsWith("a-BUSY");
        replies.answerLate(bytes("[b]"), Patience.LIMITED);
        replies.answerLate(bytes("[c]"), Patience.NONE);
        node.outbox.flush();
        assertThat(wire.sent).hasToString(before);
        node.late.barrier(1);
        node.durable(1);
        assertThat(wire.sent).hasToString(before + "[b][c]");
    }

    @Test
    void pushesAreNotReplies() {
        replies.mute(ReplyQueue.Mute.NEXT);
        node.durability.end();
        replies.takeOfOwnLane(bytes("n"), Patience.ENDLESS, true);
        replies.takeOfOwnLane(bytes("r"), Patience.ENDLESS, false);
        replies.onReplied();
        replies.show(bytes("m"));
        node.outbox.flush();
        assertThat(wire.sent).hasToString("nm");
    }

    @Test
    void aReplicaParksNothing() {
        node.durability.end();
        replies.takeOfOwnLane(bytes("a"), Patience.ENDLESS, false);
        replies.answerLate(bytes("b"), Patience.ENDLESS);
        replies.show(bytes("c"));
        node.outbox.flush();
        assertThat(wire.sent).hasToString("abc");
    }

    @Test
    void theConnectionIsClosedBehindParkedReplies() {
        park("a", Patience.ENDLESS);
        replies.end();
        assertThat(replies.isEnding()).isTrue();
        replies.show(bytes("late"));
        assertThat(wire.end).isEmpty();
        node.late.barrier(10);
        node.durability.durable(10);
        assertThat(wire.end).isEqualTo("closed");
        replies.flush();
        assertThat(wire.sent).hasToString("a");
    }

    @Test
    void theConnectionIsResetWhenEarlierRepliesMayNotBeSent() {
        replies.tell(bytes("a"));
        node.lease = false;
        replies.end();
        assertThat(wire.end).isEqualTo("reset");
    }

    @Test
    void nothingComesBetweenThePiecesOfALargeReply() {
        node.durability.end();
        replies.deliver(bytes("a"));
        replies.beginLarge();
        replies.passOn(bytes("<1"));
        replies.show(bytes("n"));
        node.outbox.flush();
        replies.passOn(bytes("2>"));
        replies.endLarge();
        node.outbox.flush();
        assertThat(wire.sent).hasToString("a<12>n");
        assertThat(node.largeBytes).isZero();
    }

    /// The lease holds back a reply beside a large reply, also after the large reply has been sent.
    @Test
    void aReplyBehindALargeOneStillNeedsTheLease() {
        replies.beginLarge();
        replies.passOn(bytes("<1"));
        replies.tell(bytes("n"));
        node.outbox.flush();
        replies.passOn(bytes("2>"));
        replies.endLarge();
        node.outbox.flush();
        assertThat(wire.sent).hasToString("<12>n");
        replies.beginLarge();
        replies.tell(bytes("m"));
        replies.flush();
        assertThat(replies.hasToTell()).isTrue();
    }

    @Test
    void afterItsPatienceAReplyThatChangedNothingIsAnError() {
        park("a", Patience.LIMITED);
        replies.giveUpWaiting("MISCONF full");
        node.outbox.flush();
        assertThat(wire.sent).hasToString("-MISCONF full\r\n");
        assertThat(node.durability.parkedBytes()).isZero();
    }

    @Test
    void theReplyToAnExecutedWriteIsNeverGivenUp() {
        park("w", Patience.ENDLESS);
        park("r", Patience.LIMITED);
        replies.giveUpWaiting("MISCONF full");
        node.outbox.flush();
        assertThat(wire.sent).isEmpty(); // not even the reply behind it
        node.late.barrier(1);
        node.durable(1);
        assertThat(wire.sent).hasToString("w-MISCONF full\r\n");
    }

    @Test
    void aReplyDoesNotBeginToWaitForALogWithoutRoomForTooLong() {
        node.givenUp = "MISCONF full";
        assertThat(replies.park(bytes("r"), Patience.LIMITED)).isNull();
        node.outbox.flush();
        assertThat(wire.sent).hasToString("-MISCONF full\r\n");
        park("w", Patience.ENDLESS);
        assertThat(replies.hasParked()).isTrue();
    }

    static List<Long> seeds() {
        return new Random(7).longs(200).boxed().toList();
    }

    /// Replies come over lanes and from the front, wait or do not wait, and are settled in any
    /// order. They are sent in the order of the commands, and none is sent before all replies that
    /// precede it.
    @ParameterizedTest
    @MethodSource("seeds")
    void repliesKeepTheOrderOfCommands(long seed) {
        var random = new Random(seed);
        var expected = new StringBuilder();
        var waiting = new ArrayList<ParkedReply>();
        int commands = 50;
        for (int i = 0; i < commands; i++) {
            String text = "[" + i + "]";
            switch (random.nextInt(4)) {
                case 0 -> {
                    waiting.add(requireNonNull(replies.park(bytes(text), Patience.ENDLESS)));
                    expected.append(text);
                }
                case 1 -> {
                    if (replies.hasParked()) {
                        waiting.add(requireNonNull(replies.park(bytes(text), Patience.NONE)));
                    } else {
                        replies.tell(bytes(text));
                    }
                    expected.append(text);
                }
                case 2 -> {
                    var place = replies.parkUnwanted(random.nextInt(3), Patience.ENDLESS);
                    if (place != null) {
                        waiting.add(place);
                    }
                }
                default -> {
                    if (!waiting.isEmpty()) {
                        waiting.remove(random.nextInt(waiting.size())).release();
                    }
                }
            }
            if (random.nextInt(3) == 0) {
                node.outbox.flush();
            }
            assertThat(expected.toString()).startsWith(wire.sent.toString());
        }
        while (!waiting.isEmpty()) {
            waiting.remove(random.nextInt(waiting.size())).release();
            node.outbox.flush();
            assertThat(expected.toString()).startsWith(wire.sent.toString());
        }
        assertThat(wire.sent).hasToString(expected.toString());
        assertThat(node.durability.parkedBytes()).isZero();
    }
}
