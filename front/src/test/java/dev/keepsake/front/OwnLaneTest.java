package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What an own lane does with the engine's replies.
class OwnLaneTest {
    private static final String LOGGED_IN = "+OK\r\n:7\r\n";

    private final FakeRules node = new FakeRules();
    private final FakeEngine engine = new FakeEngine();
    private final FakeLaneOwner owner = new FakeLaneOwner();
    private final LargeReplies largeReplies = new LargeReplies(1 << 30, () -> false, bytes -> {});
    private final FakeOutlet wire = new FakeOutlet(new StringBuilder());
    private final Client client = new Client(new ReplyQueue(node, wire));
    private final OwnLane lane = lane(2);

    /// The client that the lane is lent to.
    private static final class Client implements OwnLane.Borrower {
        final List<String> told = new ArrayList<>();
        private final ReplyQueue replies;

        Client(ReplyQueue replies) {
            this.replies = replies;
        }

        @Override
        public ReplySink replies() {
            return replies;
        }

        @Override
        public void onLaneMayBeQuiet() {
            told.add("may be quiet");
        }

        @Override
        public void onLaneFull(boolean full) {
            told.add(full ? "full" : "not full");
        }

        @Override
        public void closeBehindReplies() {
            told.add("close");
        }

        @Override
        public void onLaneLost() {
            told.add("lost");
        }

        @Override
        public void onParted(OwnLane lane) {
            told.add("parted");
        }
    }

    private OwnLane lane(int protocol) {
        var room = new LargeReply.Room(node.allocator(), largeReplies, node);
        var made = new OwnLane(engine.loop(), room, node.durability, owner, "app", protocol);
        made.attach(engine.channel);
        made.greet();
        made.lendTo(client);
        return made;
    }

    @BeforeEach
    void logIn() {
        owner.onRepliesRead = node.outbox::flush;
        assertThat(engine.taken()).isEqualTo("AUTH app any\nCLIENT ID");
        engine.says(LOGGED_IN);
    }

    @AfterEach
    void release() {
        lane.close();
        node.end();
        client.replies.discard();
        engine.end();
    }

    private void becomeDurable() {
        node.late.barrier(100);
        node.durable(100);
    }

    @Test
    void theLaneLearnsTheEnginesNumberOfIt() {
        assertThat(lane.idInEngine()).isEqualTo(7);
        assertThat(lane.isQuiet()).isTrue();
    }

    @Test
    void aReplyWaitsForTheNextBarrierOfTheNode() {
        lane.submit(Commands.of("BLPOP", "a", "0"), OwnReplyKind.WAIT);
        assertThat(engine.taken()).isEqualTo("BLPOP a 0");
        assertThat(lane.isQuiet()).isFalse();
        engine.says("*2\r\n$1\r\na\r\n$1\r\n1\r\n");
        assertThat(wire.sent).isEmpty();
        becomeDurable();
        assertThat(wire.sent).hasToString("*2\r\n$1\r\na\r\n$1\r\n1\r\n");
        assertThat(wire.replied).isEqualTo(1);
        assertThat(lane.isQuiet()).isTrue();
    }

    @Test
    void aQueuedCommandIsConfirmedAtOnce() {
        lane.submit(Commands.of("MULTI"), OwnReplyKind.NOW);
        lane.submit(Commands.of("SET", "a", "1"), OwnReplyKind.NOW);
        engine.says("+OK\r\n+QUEUED\r\n");
        assertThat(wire.sent).hasToString("+OK\r\n+QUEUED\r\n");
    }

    @Test
    void aReplyThatIsNoConfirmationWaits() {
        lane.submit(Commands.of("GET", "a"), OwnReplyKind.NOW);
        engine.says("$1\r\n1\r\n");
        assertThat(wire.sent).isEmpty();
        becomeDurable();
        assertThat(wire.sent).hasToString("$1\r\n1\r\n");
    }

    @Test
    void theKeysOfACommandAreParkedWithItsReply() {
        lane.marks().markWrites(Commands.of("BLPOP", "a", "0"), node.durability.dirtyKeys());
        lane.submit(Commands.of("BLPOP", "a", "0"), OwnReplyKind.WAIT);
        lane.marks().markWrites(Commands.of("BLPOP", "b", "0"), node.durability.dirtyKeys());
        lane.submit(Commands.of("BLPOP", "b", "0"), OwnReplyKind.WAIT);
        assertThat(owner.parkedMarks).isEmpty();
        engine.says("*-1\r\n");
        assertThat(owner.parkedMarks).hasSize(1);
        engine.says("*-1\r\n");
        assertThat(owner.parkedMarks).hasSize(2);
    }

    @Test
    void theKeysOfQueuedCommandsAreParkedWithTheTransaction() {
        lane.submit(Commands.of("MULTI"), OwnReplyKind.NOW);
        lane.marks().markWrites(Commands.of("SET", "a", "1"), node.durability.dirtyKeys());
        lane.submit(Commands.of("SET", "a", "1"), OwnReplyKind.NOW);
        lane.submit(Commands.of("EXEC"), OwnReplyKind.WAIT);
        engine.says("+OK\r\n+QUEUED\r\n");
        assertThat(owner.parkedMarks).isEmpty();
        engine.says("*1\r\n+OK\r\n");
        assertThat(owner.parkedMarks).hasSize(1);
    }

    @Test
    void theFrontsErrorTakesThePlaceOfAReply() {
        lane.submit(Commands.bytes("EXEC"), OwnReplyKind.REPLACED, "EXECABORT because");
        engine.says("*0\r\n");
        assertThat(wire.sent).hasToString("-EXECABORT because\r\n");
    }

    @Test
    void theFrontChangesAReply() {
        lane.submit(
                Commands.of("CONFIG", "GET", "a"),
                reply -> Unpooled.copiedBuffer("+changed\r\n", US_ASCII));
        engine.says("*0\r\n");
        becomeDurable();
        assertThat(wire.sent).hasToString("+changed\r\n");
    }

    @Test
    void aClientThatIsUnblockedByADemotionIsClosedBehindTheError() {
        String demoted =
                "-UNBLOCKED force unblock from blocking operation, instance state changed\r\n";
        lane.submit(Commands.of("BLPOP", "a", "0"), OwnReplyKind.WAIT);
        lane.noteBlocking();
        assertThat(lane.isBlockedNow()).isTrue();
        engine.says(demoted);
        assertThat(wire.sent).hasToString(demoted);
        assertThat(client.told).containsExactly("close");
        assertThat(lane.isBlocked()).isFalse();
    }

    // ---- subscriptions

    private static String push(String word, String channel, String last) {
        return "*3\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n%s"
                .formatted(word.length(), word, channel.length(), channel, last);
    }

    @Test
    void theLaneIsChangingUntilEachChannelIsConfirmed() {
        lane.submitChange(Commands.of("SUBSCRIBE", "a", "b"));
        assertThat(engine.taken()).isEqualTo("SUBSCRIBE a b");
        assertThat(lane.isChanging()).isTrue();
        engine.says(push("subscribe", "a", ":1\r\n"));
        assertThat(lane.isChanging()).isTrue();
        engine.says(push("subscribe", "b", ":2\r\n"));
        assertThat(lane.isChanging()).isFalse();
        assertThat(lane.subscriptions("subscribe")).isEqualTo(2);
        assertThat(lane.isSubscribed()).isTrue();
        assertThat(lane.isOnlyListening()).isTrue();
        assertThat(owner.heapBytes).isEqualTo(lane.heapBytes()).isPositive();
        engine.channel.runPendingTasks();
        assertThat(wire.replied).isEqualTo(1); // after the last confirmation
    }

    @Test
    void anUnsubscribedChannelIsForgotten() {
        lane.submitChange(Commands.of("SUBSCRIBE", "a"));
        engine.says(push("subscribe", "a", ":1\r\n"));
        lane.submitChange(Commands.of("UNSUBSCRIBE"));
        engine.says(push("unsubscribe", "a", ":0\r\n"));
        assertThat(lane.isSubscribedAtAll()).isFalse();
        assertThat(lane.heapBytes()).isZero();
    }

    @Test
    void aChangeThatTheEngineRefusesIsAnswered() {
        lane.submitChange(Commands.of("SUBSCRIBE", "a"));
        engine.says("-NOPERM no\r\n");
        assertThat(wire.sent).hasToString("-NOPERM no\r\n");
        assertThat(wire.replied).isEqualTo(1);
        assertThat(lane.isChanging()).isFalse();
        assertThat(owner.refusals).isEqualTo(1);
    }

    /// A message contains what another client has published, and waits like a reply.
    @Test
    void aMessageIsNotAReply() {
        lane.submitChange(Commands.of("SUBSCRIBE", "a"));
        engine.says(push("subscribe", "a", ":1\r\n"));
        engine.channel.runPendingTasks();
        engine.says(push("message", "a", "$1\r\nx\r\n"));
        becomeDurable();
        assertThat(wire.sent.toString()).endsWith("$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
        assertThat(wire.replied).isEqualTo(1);
    }

    @Test
    void theNextEngineGetsTheSubscriptionsAndTheClientNoConfirmations() {
        lane.submitChange(Commands.of("SUBSCRIBE", "a"));
        engine.says(push("subscribe", "a", ":1\r\n"));
        engine.channel.runPendingTasks();
        String before = wire.sent.toString();
        var remembered = lane.part();
        var next = new FakeEngine();
        var room = new LargeReply.Room(node.allocator(), largeReplies, node);
        var lane2 = new OwnLane(next.loop(), room, node.durability, owner, "app", 2);
        lane2.attach(next.channel);
        lane2.greet();
        lane2.lendTo(client);
        next.says(LOGGED_IN);
        next.taken();
        lane2.resume(remembered);
        assertThat(next.taken()).isEqualTo("subscribe a");
        assertThat(owner.told).containsExactly("resumed", "resuming");
        next.says(push("subscribe", "a", ":1\r\n"));
        assertThat(owner.told).containsExactly("resumed", "resuming", "resumed");
        becomeDurable();
        assertThat(wire.sent).hasToString(before);
    }

    @Test
    void aClientIsResetWhenTheNextEngineRefusesItsSubscriptions() {
        lane.submitChange(Commands.of("SUBSCRIBE", "a"));
        engine.says(push("subscribe", "a", ":1\r\n"));
        var remembered = lane.part();
        var next = new FakeEngine();
        var room = new LargeReply.Room(node.allocator(), largeReplies, node);
        var lane2 = new OwnLane(next.loop(), room, node.durability, owner, "app", 2);
        lane2.attach(next.channel);
        lane2.greet();
        lane2.lendTo(client);
        next.says(LOGGED_IN);
        lane2.resume(remembered);
        next.says("-NOPERM no\r\n");
        assertThat(wire.end).isEqualTo("reset");
        assertThat(owner.told).endsWith("resumed");
    }

    // ---- the end

    @Test
    void aLostLaneParksWhatMayHaveBeenWrittenAndResetsItsClient() {
        lane.marks().markWrites(Commands.of("BLPOP", "a", "0"), node.durability.dirtyKeys());
        lane.submit(Commands.of("BLPOP", "a", "0"), OwnReplyKind.WAIT);
        lane.marks().markWrites(Commands.of("SET", "b", "0"), node.durability.dirtyKeys());
        engine.taken();
        engine.closes();
        assertThat(owner.parkedMarks).hasSize(2);
        assertThat(client.told).containsExactly("lost");
        assertThat(owner.told).containsExactly("resumed");
    }

    @Test
    void aLaneOfAnEngineThatWasLeftIsParted() {
        lane.submitChange(Commands.of("SUBSCRIBE", "a"));
        engine.says(push("subscribe", "a", ":1\r\n"));
        engine.channel.runPendingTasks();
        client.told.clear();
        owner.life++;
        engine.closes();
        assertThat(client.told).containsExactly("parted");
        assertThat(owner.parkedMarks).isEmpty();
    }

    @Test
    void theKeysOfABlockedCommandStayMarkedUntilTheEngineHasClosedTheLane() {
        lane.marks()
                .markWrites(
                        Commands.of("BLMOVE", "a", "b", "LEFT", "LEFT", "0"),
                        node.durability.dirtyKeys());
        lane.submit(Commands.of("BLMOVE", "a", "b", "LEFT", "LEFT", "0"), OwnReplyKind.WAIT);
        engine.taken();
        lane.abandon();
        engine.channel.runPendingTasks();
        engine.closes();
        assertThat(client.told).isEmpty();
    }

    @Test
    void theClientGetsAReportWhenTheEngineIsBehind() {
        engine.full(true);
        engine.full(false);
        assertThat(client.told).containsExactly("full", "not full");
        lane.lendTo(null);
        engine.full(true);
        assertThat(client.told).hasSize(2);
    }

    // ---- the next client

    @Test
    void aStainedLaneIsResetForTheNextClient() {
        lane.stain();
        lane.lendTo(null);
        lane.tidy();
        assertThat(engine.taken()).isEqualTo("RESET\nAUTH app any");
        assertThat(lane.isQuiet()).isFalse();
        engine.says("$4\r\nlate\r\n+RESET\r\n+OK\r\n"); // the first reply is the last client's
        assertThat(lane.isQuiet()).isTrue();
        assertThat(wire.sent).isEmpty();
    }

    @Test
    void aLaneWithoutStainsIsNotReset() {
        lane.lendTo(null);
        lane.tidy();
        assertThat(engine.taken()).isEmpty();
    }

    @Test
    void theLaneFollowsItsClientsProtocolAndUser() {
        lane.speak(3);
        lane.become("other");
        lane.touchNothing(true);
        assertThat(engine.taken()).isEqualTo("HELLO 3\nAUTH other any\nCLIENT NO-TOUCH ON");
        lane.speak(3);
        lane.become("other");
        lane.touchNothing(true);
        assertThat(engine.taken()).isEmpty();
        assertThat(lane.user()).isEqualTo("other");
        assertThat(lane.protocol()).isEqualTo(3);
    }

    // ---- large replies

    @Test
    void aLargeReplyIsKeptUntilItIsDurable() {
        String value = "x".repeat(3 << 20);
        lane.submit(Commands.of("GET", "a"), OwnReplyKind.WAIT);
        engine.says("$%d\r\n%s".formatted(value.length(), value));
        engine.says("\r\n");
        assertThat(wire.sent).isEmpty();
        assertThat(largeReplies.keptBytes()).isGreaterThan(3 << 20);
        becomeDurable();
        assertThat(wire.sent).hasToString("$%d\r\n%s\r\n".formatted(value.length(), value));
        assertThat(wire.replied).isEqualTo(1);
    }

    @Test
    void aReplicasLargeReplyIsPassedOnWhileItArrives() {
        node.durability.end();
        lane.submit(Commands.of("GET", "a"), OwnReplyKind.WAIT);
        engine.says("$%d\r\n%s".formatted(3 << 20, "x".repeat(2 << 20)));
        assertThat(wire.sent.length()).isGreaterThan(1 << 20);
    }
}
