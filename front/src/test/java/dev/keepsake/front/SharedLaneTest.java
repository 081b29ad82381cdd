package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandSpec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a shared lane does with the engine's replies, between a fake engine and real reply queues
/// of clients.
class SharedLaneTest {
    private static final String BUSY =
            "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN"
                    + " NOSAVE.\r\n";

    private final FakeRules node = new FakeRules();
    private final FakeEngine engine = new FakeEngine();
    private final FakeLaneOwner owner = new FakeLaneOwner();
    private final ReadCounts reads = new ReadCounts();
    private final LargeReplies largeReplies = new LargeReplies(1 << 30, () -> false, bytes -> {});
    private final SharedLane lane = lane(engine, null, 2);
    private final FakeOutlet wire = new FakeOutlet(new StringBuilder());
    private final ReplyQueue client = new ReplyQueue(node, wire);
    private final FakeOutlet otherWire = new FakeOutlet(new StringBuilder());
    private final ReplyQueue other = new ReplyQueue(node, otherWire);

    @BeforeEach
    void sendAtTheEndOfEachTurn() {
        owner.onRepliesRead = node.outbox::flush;
    }

    @AfterEach
    void release() {
        lane.abandon();
        node.end();
        client.discard();
        other.discard();
        engine.end();
    }

    private SharedLane lane(FakeEngine over, @Nullable String user, int protocol) {
        var room = new LargeReply.Room(node.allocator(), largeReplies, node);
        var made =
                new SharedLane(
                        over.loop(),
                        room,
                        node.durability,
                        reads,
                        new PlainWords(),
                        owner,
                        user,
                        protocol);
        made.attach(over.channel);
        return made;
    }

    /// Leaves replies as they are.
    private static final class PlainWords implements ReplyWords {
        @Override
        public ByteBuf ofTheNode(ExpectedReplies.Kind kind, ByteBuf reply, int protocol) {
            return kind == ExpectedReplies.Kind.INFO ? Unpooled.copiedBuffer(reply) : reply;
        }

        @Override
        public ByteBuf sentOn(ByteBuf reply, int slot) {
            return reply;
        }
    }

    /// Gives a command as the connection of a client does.
    private void submit(ReplyQueue by, String... words) {
        var command = Commands.of(words);
        lane.marks().markWrites(command, node.durability.dirtyKeys());
        boolean read = command.spec().effect() == CommandSpec.Effect.READ;
        lane.submit(
                by, command, read ? command.onlyKeyHash() : 0, read ? command.keyHashes() : null);
    }

    @Test
    void aTurnIsSentInOnePieceWithOneBarrierBehindIt() {
        submit(client, "SET", "a", "1");
        submit(other, "SET", "b", "2");
        assertThat(engine.taken()).isEqualTo("SET a 1\nSET b 2\nROLE");
        assertThat(engine.taken()).isEmpty();
    }

    @Test
    void aReadNeedsNoBarrier() {
        submit(client, "GET", "a");
        assertThat(engine.taken()).isEqualTo("GET a");
    }

    @Test
    void theReplyToAWriteIsSentWhenTheLogIsDurableUpToItsBarrier() {
        submit(client, "SET", "a", "1");
        engine.taken();
        engine.says("+OK\r\n");
        engine.saysOffset(100);
        assertThat(owner.barriers).isEqualTo(1);
        node.durable(99);
        assertThat(wire.sent).isEmpty();
        node.durable(100);
        assertThat(wire.sent).hasToString("+OK\r\n");
        assertThat(wire.replied).isEqualTo(1);
    }

    @Test
    void aReplyBeforeItsBarrierIsAnsweredWaits() {
        submit(client, "SET", "a", "1");
        engine.taken();
        engine.says("+OK\r\n");
        node.durable(1_000_000);
        assertThat(wire.sent).isEmpty();
    }

    @Test
    void aReadOfACleanKeyIsSentAtOnce() {
        submit(client, "GET", "a");
        engine.taken();
        engine.says("$1\r\n1\r\n");
        assertThat(wire.sent).hasToString("$1\r\n1\r\n");
        assertThat(reads.answered()).isEqualTo(1);
        assertThat(reads.held()).isZero();
    }

    @Test
    void aReadOfAKeyThatIsNotDurableWaits() {
        submit(other, "SET", "a", "1");
        submit(client, "GET", "a");
        submit(client, "GET", "b");
        engine.taken();
        engine.says("+OK\r\n$1\r\n1\r\n$-1\r\n");
        assertThat(wire.sent).isEmpty();
        assertThat(reads.held()).isEqualTo(1);
        engine.saysOffset(100);
        node.durable(100);
        assertThat(wire.sent).hasToString("$1\r\n1\r\n$-1\r\n"); // in the order of the commands
    }

    @Test
    void aKeyIsCleanOnceItsBarrierIsDurable() {
        submit(client, "SET", "a", "1");
        long hash = Commands.of("GET", "a").onlyKeyHash();
        assertThat(node.durability.isClean(hash)).isFalse();
        engine.taken();
        engine.says("+OK\r\n");
        engine.saysOffset(100);
        assertThat(node.durability.isClean(hash)).isFalse();
        node.durable(100);
        assertThat(node.durability.isClean(hash)).isTrue();
    }

    /// A key that was clean when the read was sent may be written over another lane before the read
    /// is executed.
    @Test
    void whetherAReadWaitsIsDecidedWhenItsReplyArrives() {
        submit(client, "GET", "a");
        engine.taken();
        var elsewhere = new MarkList();
        elsewhere.markWrites(Commands.of("SET", "a", "1"), node.durability.dirtyKeys());
        engine.says("$1\r\n1\r\n");
        assertThat(wire.sent).isEmpty();
        assertThat(engine.taken()).isEqualTo("ROLE"); // the barrier that the read waits for
        engine.saysOffset(100);
        node.durable(100);
        assertThat(wire.sent).hasToString("$1\r\n1\r\n");
    }

    @Test
    void repliesThatDependOnDataAreNotSentWithoutTheLease() {
        submit(client, "GET", "a");
        engine.taken();
        node.lease = false;
        engine.says("$1\r\n1\r\n");
        assertThat(wire.sent).isEmpty();
        engine.taken();
        engine.saysOffset(100);
        node.durable(100);
        assertThat(wire.sent).isEmpty();
        node.lease = true;
        node.durable(100);
        assertThat(wire.sent).hasToString("$1\r\n1\r\n");
    }

    @Test
    void repliesOfTwoTurnsWaitForTwoBarriers() {
        submit(client, "SET", "a", "1");
        engine.taken();
        submit(client, "SET", "a", "2");
        engine.taken();
        engine.says("+OK\r\n" + FakeEngine.role(100) + "+OK\r\n" + FakeEngine.role(200));
        node.durable(100);
        assertThat(wire.sent).hasToString("+OK\r\n");
        node.durable(200);
        assertThat(wire.sent).hasToString("+OK\r\n+OK\r\n");
    }

    @Test
    void aReplicasRepliesAreSentAtOnce() {
        node.durability.end();
        var ofReplica = new FakeEngine();
        lane(ofReplica, null, 2).submit(client, Commands.of("TTL", "a"), 0, null);
        assertThat(ofReplica.taken()).isEqualTo("TTL a");
        ofReplica.says(":1\r\n");
        assertThat(wire.sent).hasToString(":1\r\n");
    }

    @Test
    void anUnwantedReplyHoldsBackLaterReplies() {
        client.mute(ReplyQueue.Mute.NEXT);
        submit(client, "SET", "a", "1");
        submit(client, "GET", "b");
        engine.taken();
        engine.says("+OK\r\n$-1\r\n");
        assertThat(wire.sent).isEmpty();
        engine.saysOffset(100);
        node.durable(100);
        assertThat(wire.sent).hasToString("$-1\r\n");
        assertThat(wire.replied).isEqualTo(2);
    }

    @Test
    void repliesForADisconnectedClientAreDropped() {
        submit(client, "SET", "a", "1");
        submit(other, "SET", "b", "2");
        engine.taken();
        wire.reset();
        engine.says("+OK\r\n+OK\r\n");
        engine.saysOffset(100);
        node.durable(100);
        assertThat(wire.sent).isEmpty();
        assertThat(otherWire.sent).hasToString("+OK\r\n");
    }

    // ---- a busy engine

    @Test
    void theErrorOfABusyEngineIsSentAtOnce() {
        submit(client, "SET", "a", "1");
        engine.taken();
        engine.says(BUSY);
        assertThat(wire.sent).hasToString(BUSY);
    }

    @Test
    void aBarrierThatABusyEngineRefusesIsSentAgain() {
        submit(client, "SET", "a", "1");
        engine.taken();
        engine.says("+OK\r\n" + BUSY);
        node.durable(1_000_000);
        assertThat(wire.sent).isEmpty();
        assertThat(engine.taken()).isEmpty();
        engine.channel.advanceTimeBy(10, TimeUnit.MILLISECONDS);
        engine.channel.runScheduledPendingTasks();
        assertThat(engine.taken()).isEqualTo("ROLE");
        engine.saysOffset(100);
        assertThat(wire.sent).hasToString("+OK\r\n");
    }

    @Test
    void aScriptsOwnBusyErrorIsNotTrusted() {
        submit(client, "EVAL", "return redis.error_reply('BUSY')", "0");
        engine.taken();
        engine.says(BUSY);
        assertThat(wire.sent).isEmpty();
        engine.saysOffset(100);
        assertThat(wire.sent).isEmpty();
        node.durable(99);
        assertThat(wire.sent).isEmpty();
        node.durable(100);
        // The next barrier closes the group in which the reply waits.
        submit(other, "SET", "a", "1");
        engine.taken();
        engine.says("+OK\r\n");
        engine.saysOffset(100);
        assertThat(wire.sent).hasToString(BUSY);
    }

    @Test
    void aScriptGetsTheBusyErrorAtOnceWhenItsBarrierDoesToo() {
        submit(client, "EVAL", "return 1", "0");
        engine.taken();
        engine.says(BUSY + BUSY);
        assertThat(wire.sent).hasToString(BUSY);
    }

    @Test
    void aLongScriptMakesTheLaneStuckUntilTheEngineAnswers() {
        submit(client, "EVAL", "while true do end", "0");
        engine.taken();
        assertThat(lane.isStuck()).isFalse();
        engine.channel.advanceTimeBy(50, TimeUnit.MILLISECONDS);
        engine.channel.runScheduledPendingTasks();
        assertThat(lane.isStuck()).isTrue();
        engine.says("$-1\r\n");
        assertThat(lane.isStuck()).isFalse();
    }

    // ---- the end of a lane

    @Test
    void theOwnerGetsAReportWhenTheEngineClosesTheLane() {
        submit(client, "SET", "a", "1");
        engine.taken();
        engine.closes();
        assertThat(owner.told).containsExactly("lost");
    }

    @Test
    void theOwnerGetsNoReportOfALaneThatItHasAbandoned() {
        submit(client, "SET", "a", "1");
        engine.taken();
        engine.says("+OK\r\n");
        lane.abandon();
        engine.channel.runPendingTasks();
        assertThat(owner.told).isEmpty();
        assertThat(wire.end).isEqualTo("reset"); // the outcome of the command stays unknown
        assertThat(wire.sent).isEmpty();
        assertThat(node.durability.parkedBytes()).isZero();
    }

    @Test
    void theOwnerGetsAReportWhenTheEngineIsBehind() {
        engine.full(true);
        engine.full(false);
        assertThat(owner.told).containsExactly("full", "not full");
    }

    @Test
    void aRetiredLaneClosesOnceTheEngineOwesNothing() {
        submit(client, "SET", "a", "1");
        engine.taken();
        lane.retire();
        assertThat(owner.told).containsExactly("retiring");
        engine.says("+OK\r\n");
        assertThat(lane.isClosed()).isFalse();
        engine.saysOffset(100);
        assertThat(owner.told).containsExactly("retiring", "retired");
        assertThat(lane.isClosed()).isTrue();
    }

    @Test
    void aRetiredLaneClosesAtOnceWhenTheEngineOwesNothing() {
        lane.retire();
        assertThat(owner.told).containsExactly("retiring", "retired");
    }

    // ---- the user of a lane

    @Test
    void aLaneOfAUserLogsInAndSpeaksItsProtocol() {
        var own = new FakeEngine();
        lane(own, "app", 3);
        assertThat(own.taken()).isEqualTo("AUTH app any\nHELLO 3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-WRONGPASS no\r\n", "+OK\r\n-NOPROTO no\r\n"})
    void aLaneWhoseLoginFailsIsLost(String answers) {
        var own = new FakeEngine();
        lane(own, "app", 3);
        own.taken();
        own.says(answers);
        own.channel.runPendingTasks();
        assertThat(owner.told).containsExactly("lost");
    }

    @Test
    void theOwnerGetsAReportOfARefusal() {
        submit(client, "GET", "a");
        engine.taken();
        engine.says("-NOPERM User default:clients has no permissions to run the 'get' command\r\n");
        assertThat(owner.refusals).isEqualTo(1);
        assertThat(wire.sent)
                .hasToString(
                        "-NOPERM User default has no permissions to run the 'get' command\r\n");
    }

    // ---- large replies

    @Test
    void aLargeReplyOfACleanReadIsPassedOnWhileItArrives() {
        String value = "x".repeat(3 << 20);
        submit(client, "GET", "a");
        engine.taken();
        engine.says("$%d\r\n%s".formatted(value.length(), value.substring(0, 1 << 20)));
        assertThat(wire.sent.length()).isGreaterThan(1 << 20);
        engine.says(value.substring(1 << 20) + "\r\n");
        assertThat(wire.sent).hasToString("$%d\r\n%s\r\n".formatted(value.length(), value));
        assertThat(wire.replied).isEqualTo(1);
    }

    @Test
    void aLargeReplyOfAReadThatIsNotDurableIsKept() {
        String value = "x".repeat(3 << 20);
        submit(other, "SET", "a", "1");
        submit(client, "GET", "a");
        engine.taken();
        engine.says("+OK\r\n$%d\r\n%s".formatted(value.length(), value));
        engine.says("\r\n");
        assertThat(wire.sent).isEmpty();
        assertThat(largeReplies.keptBytes()).isGreaterThan(3 << 20);
        engine.saysOffset(100);
        node.late.barrier(100); // where the fake rules park late arrivals
        node.durable(100);
        assertThat(wire.sent).hasToString("$%d\r\n%s\r\n".formatted(value.length(), value));
        assertThat(largeReplies.keptBytes()).isZero();
    }

    @Test
    void theRestOfALargeReplyIsDroppedWithTheLane() {
        submit(other, "SET", "a", "1");
        submit(client, "GET", "a");
        engine.taken();
        engine.says("+OK\r\n$%d\r\n%s".formatted(3 << 20, "x".repeat(2 << 20)));
        assertThat(largeReplies.keptBytes()).isPositive();
        engine.closes();
        assertThat(largeReplies.keptBytes()).isZero();
        assertThat(wire.sent).isEmpty();
    }
}
