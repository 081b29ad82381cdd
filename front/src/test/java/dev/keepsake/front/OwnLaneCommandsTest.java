package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.resp.RecordedCommands;
import dev.keepsake.shard.DirtyKeys;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The commands that the engine gets for a client with a lane of its own, and what becomes of the
/// replies.
class OwnLaneCommandsTest {
    private final Around around = new Around();
    private final LargeIntake large =
            new LargeIntake(
                    ProtocolLimits.standard(),
                    Commands.TABLE,
                    UnpooledByteBufAllocator.DEFAULT,
                    1_000_000,
                    new NoLargeOnes());
    private final OwnLaneCommands commands =
            new OwnLaneCommands(around, large, UnpooledByteBufAllocator.DEFAULT);
    private final Lane lane = new Lane();

    private static final class NoLargeOnes implements LargeIntake.Client {
        @Override
        public Taken take(Command command) {
            throw new AssertionError("no large command was given");
        }

        @Override
        public @Nullable Transaction transaction() {
            return null;
        }

        @Override
        public void onLaneSpoilt() {
            throw new AssertionError("no large command was given");
        }
    }

    private static final class Around implements OwnLaneCommands.Surroundings {
        final FakeNode node = new FakeNode();
        final DirtyKeys dirtyKeys = new DirtyKeys();
        final Session session = new Session();
        @Nullable UnaryOperator<ByteBuf> change;
        OwnLaneCommands.@Nullable Instead instead;
        boolean evictionAllowed;
        long heapBytes;

        @Override
        public boolean isPrimary() {
            return node.primary;
        }

        @Override
        public DirtyKeys dirtyKeys() {
            return dirtyKeys;
        }

        @Override
        public Topology topology() {
            return node.topology;
        }

        @Override
        public @Nullable String writeRefusal() {
            return node.full;
        }

        @Override
        public void onEvictionAllowed() {
            evictionAllowed = true;
        }

        @Override
        public void noteHeapGrowth(long bytes) {
            heapBytes += bytes;
        }

        @Override
        public Session session() {
            return session;
        }

        @Override
        public @Nullable UnaryOperator<ByteBuf> changeOf(CommandSpec spec) {
            return change;
        }

        @Override
        public OwnLaneCommands.@Nullable Instead instead(Command command) {
            return instead;
        }

        @Override
        public ByteBuf sentOn(ByteBuf reply, int slot) {
            return bytes("sent on by " + slot);
        }
    }

    /// Notes the commands that it is sent, and the kinds of their replies.
    private static final class Lane implements OwnLaneCommands.Lane {
        final MarkList marks = new MarkList();
        final List<String> sent = new ArrayList<>();
        final List<String> noted = new ArrayList<>();
        @Nullable UnaryOperator<ByteBuf> change;

        private static String words(ByteBuf command) {
            return String.join(
                    " ", Commands.of(Commands.TABLE, command.duplicate()).arguments().texts());
        }

        @Override
        public MarkList marks() {
            return marks;
        }

        @Override
        public void submit(Command command, OwnReplyKind kind) {
            sent.add(words(command.bytes()) + " " + kind);
        }

        @Override
        public void submit(Command command, UnaryOperator<ByteBuf> change) {
            submit(command, OwnReplyKind.CHANGED);
            this.change = change;
        }

        @Override
        public void submit(ByteBuf command, OwnReplyKind kind, String replacement) {
            sent.add((words(command) + " " + kind + " " + replacement).strip());
            command.release();
        }

        @Override
        public void submit(ByteBuf command, UnaryOperator<ByteBuf> change) {
            submit(command, OwnReplyKind.CHANGED, "");
            this.change = change;
        }

        @Override
        public void submitChange(Command command) {
            sent.add(words(command.bytes()) + " to be confirmed");
        }

        @Override
        public void expect(OwnReplyKind kind, String replacement) {
            sent.add((kind + " " + replacement).strip());
        }

        @Override
        public void send(ByteBuf piece) {
            sent.add(piece.toString(US_ASCII));
            piece.release();
        }

        @Override
        public void notePatience(Patience ofNext) {
            noted.add("patience " + ofNext);
        }

        @Override
        public void noteBlocking() {
            noted.add("blocks");
        }

        @Override
        public void stain() {
            noted.add("stained");
        }

        @Override
        public void onExecuted(ByteBuf confirmation) {
            noted.add("executed " + confirmation.toString(US_ASCII).strip());
        }

        String reply(String ofEngine) {
            return requireNonNull(change).apply(bytes(ofEngine)).toString(US_ASCII);
        }
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }

    private void submit(String command) {
        commands.submit(Commands.of(command.split(" ", -1)), lane);
    }

    /// Sends a transaction, and forgets everything before EXEC.
    private void execute(String... queued) {
        submit("MULTI");
        for (var command : queued) {
            submit(command);
        }
        lane.sent.clear();
        submit("EXEC");
    }

    // ---- alone

    @Test
    void aCommandIsSentAndItsKeysAreMarked() {
        var written = Commands.of("SET", "b", "v");
        assertThat(written.slot()).isEqualTo(3300);
        assertThat(around.dirtyKeys.isMarked(written.keyHash(0))).isFalse();
        submit("SET b v");
        assertThat(lane.sent).containsExactly("set b v WAIT");
        assertThat(lane.noted).containsExactly("patience ENDLESS");
        assertThat(around.dirtyKeys.isMarked(written.keyHash(0))).isTrue();
        assertThat(lane.marks.isEmpty()).isFalse();
    }

    @Test
    void nothingIsMarkedOnAReplica() {
        around.node.follow();
        submit("SET b v");
        assertThat(lane.marks.isEmpty()).isTrue();
    }

    @Test
    void aBlockingCommandIsNoted() {
        submit("BLPOP b 0");
        submit("XREAD STREAMS b 0");
        assertThat(lane.noted).containsOnlyOnce("blocks");
    }

    @Test
    void theTextOfAScriptsReplyIsNotTrusted() {
        submit("EVAL x 0");
        assertThat(lane.sent).containsExactly("eval x 0 SCRIPT");
    }

    @Test
    void aReplicaRedirectsTheClientOfAScriptThatWrites() {
        around.node.follow();
        submit("FCALL f 1 b");
        submit("EVAL x 1 b");
        assertThat(lane.sent).containsExactly("fcall f 1 b CHANGED", "eval x 1 b SCRIPT");
        assertThat(lane.reply("-READONLY")).isEqualTo("sent on by 3300");
    }

    @Test
    void theFrontChangesAReply() {
        around.change = reply -> bytes("changed");
        submit("CONFIG GET x");
        assertThat(lane.sent).containsExactly("config GET x CHANGED");
        assertThat(lane.reply("engine's")).isEqualTo("changed");
    }

    @Test
    void theEngineGetsAnotherCommand() {
        around.instead =
                new OwnLaneCommands.Instead(
                        List.of("SLOWLOG", "GET", "-1"), reply -> bytes("shown"));
        submit("SLOWLOG GET 3");
        submit("MULTI");
        submit("SLOWLOG GET 3");
        assertThat(lane.sent)
                .containsExactly("slowlog GET -1 CHANGED", "multi NOW", "slowlog GET -1 NOW");
        assertThat(lane.reply("engine's")).isEqualTo("shown");
        submit("EXEC");
        assertThat(lane.reply("*1\r\n:1\r\n")).isEqualTo("*1\r\nshown");
    }

    @Test
    void aCommandWithUnknownEffectStainsTheLane() {
        var table = RecordedCommands.table("valkey-9.1.2");
        var unknown =
                table.all().stream()
                        .filter(CommandSpec::mayChangeItsLane)
                        .findFirst()
                        .orElseThrow();
        var words = unknown.name().split("\\|", -1);
        commands.submit(Commands.of(table, words), lane);
        commands.submit(Commands.of("MULTI"), lane);
        commands.submit(Commands.of(table, words), lane);
        assertThat(lane.noted).filteredOn("stained"::equals).hasSize(2);
    }

    @Test
    void anOperatorThatAllowsEvictionIsReported() {
        submit("CONFIG SET hz 20");
        assertThat(around.evictionAllowed).isFalse();
        submit("CONFIG SET maxmemory-policy allkeys-lru");
        assertThat(around.evictionAllowed).isTrue();
    }

    // ---- watched keys

    @Test
    void watchedKeysAreCountedUntilUnwatch() {
        submit("WATCH b {b}2");
        assertThat(lane.sent).containsExactly("watch b {b}2 WAIT_IF_NOT_OK");
        assertThat(lane.noted).contains("stained");
        assertThat(commands.watches().count()).isEqualTo(2);
        commands.watches().addUnseen();
        submit("UNWATCH");
        assertThat(commands.watches().isOn()).isFalse();
        assertThat(commands.watches().areUnseen()).isFalse();
    }

    @Test
    void watchesEndWithTheTransaction() {
        submit("WATCH b");
        submit("MULTI");
        submit("WATCH {b}2");
        assertThat(commands.watches().count()).isEqualTo(1);
        submit("DISCARD");
        assertThat(commands.watches().isOn()).isFalse();
        submit("WATCH b");
        submit("EXEC");
        submit("DISCARD");
        assertThat(commands.watches().isOn()).as("without MULTI").isTrue();
    }

    @Test
    void aTransactionWithUnseenWatchesExecutesNothing() {
        commands.watches().addUnseen();
        execute("SET b v");
        assertThat(lane.sent).containsExactly("discard CHANGED");
        assertThat(lane.reply("+OK\r\n")).isEqualTo("*-1\r\n");
        assertThat(commands.watches().areUnseen()).isFalse();
        around.session.speak(3);
        commands.watches().addUnseen();
        execute("SET b v");
        assertThat(lane.reply("+OK\r\n")).isEqualTo("_\r\n");
    }

    // ---- transactions

    @Test
    void aTransactionIsQueuedAndExecuted() {
        submit("MULTI");
        submit("MULTI");
        submit("SET b v");
        submit("GET b");
        assertThat(requireNonNull(commands.transaction()).count()).isEqualTo(2);
        assertThat(commands.queuedBytes()).isPositive();
        submit("EXEC");
        assertThat(commands.transaction()).isNull();
        assertThat(commands.queuedBytes()).isZero();
        assertThat(lane.sent)
                .containsExactly("multi NOW", "multi NOW", "set b v NOW", "get b NOW", "exec WAIT");
        assertThat(lane.noted).isEmpty();
    }

    @Test
    void aNestedMultiDoesNotEndTheTransaction() {
        submit("MULTI");
        submit("SET b v");
        submit("MULTI");
        assertThat(requireNonNull(commands.transaction()).count()).isEqualTo(1);
    }

    @Test
    void onlyAReadOnlyTransactionHasLimitedPatience() {
        execute("GET b");
        assertThat(lane.noted).containsExactly("patience LIMITED");
        lane.noted.clear();
        execute("SET b v");
        assertThat(lane.noted).isEmpty();
    }

    @Test
    void theEngineAnswersExecWithoutATransaction() {
        submit("EXEC");
        submit("DISCARD");
        assertThat(lane.sent).containsExactly("exec WAIT", "discard WAIT_IF_NOT_OK");
    }

    @Test
    void aTransactionThatFailedInTheFrontIsDiscarded() {
        submit("MULTI");
        submit("SET b v");
        commands.fail();
        lane.sent.clear();
        submit("EXEC");
        assertThat(lane.sent).containsExactly("discard REPLACED " + Transaction.EXEC_ABORT);
        assertThat(commands.transaction()).isNull();
    }

    @Test
    void aTransactionInSeveralSlotsIsDiscarded() {
        execute("SET b v", "SET a v");
        assertThat(lane.sent).containsExactly("discard REPLACED " + Route.CROSS_SLOT);
    }

    @Test
    void aTransactionThatIsForAnotherNodeByNowIsDiscarded() {
        submit("MULTI");
        submit("SET b v");
        around.node.follow();
        lane.sent.clear();
        submit("EXEC");
        assertThat(lane.sent).containsExactly("discard REPLACED MOVED 3300 10.0.0.1:6379");
    }

    @Test
    void aTransactionThatWritesIsDiscardedWhileTheLogHasNoRoom() {
        around.node.full = "MISCONF no room";
        execute("SET b v");
        assertThat(lane.sent)
                .containsExactly(
                        "discard REPLACED EXECABORT Transaction discarded because of: MISCONF no"
                                + " room");
        execute("GET b");
        assertThat(lane.sent).containsExactly("exec WAIT");
    }

    @Test
    void anAnswerOfTheFrontKeepsItsPlace() {
        submit("MULTI");
        submit("SET b v");
        commands.queueAnswer(
                Commands.of("CLIENT", "ID").spec(),
                50,
                out -> out.writeCharSequence(":7\r\n", US_ASCII),
                lane);
        commands.queueError(Commands.of("MOVE", "b", "1"), "ERR no", lane);
        assertThat(lane.sent).containsExactly("multi NOW", "set b v NOW", "role NOW", "role NOW");
        assertThat(around.heapBytes).isEqualTo(50);
        assertThat(commands.heapBytes()).isGreaterThanOrEqualTo(50);
        submit("EXEC");
        assertThat(lane.reply("*3\r\n+OK\r\n+role\r\n+role\r\n"))
                .isEqualTo("*3\r\n+OK\r\n:7\r\n-ERR no\r\n");
    }

    @Test
    void theSlotOfACommandThatFailsAtExecCounts() {
        submit("MULTI");
        submit("SET a v");
        commands.queueError(Commands.of("MOVE", "b", "1"), "ERR no", lane);
        lane.sent.clear();
        submit("EXEC");
        assertThat(lane.sent).containsExactly("discard REPLACED " + Route.CROSS_SLOT);
    }

    @Test
    void aTransactionMayBeginWithoutAnEngine() {
        commands.begin();
        assertThat(commands.transaction()).isNotNull();
        commands.end();
        assertThat(commands.transaction()).isNull();
        assertThat(lane.sent).isEmpty();
    }

    // ---- subscriptions

    @Test
    void subscriptionsChangeAloneOrInATransaction() {
        var subscribe = Commands.of("SUBSCRIBE", "c", "d");
        assertThat(commands.mustBeAlone(subscribe)).isTrue();
        assertThat(commands.mustBeAlone(Commands.of("GET", "b"))).isFalse();
        submit("SUBSCRIBE c d");
        assertThat(lane.sent).containsExactly("subscribe c d to be confirmed");
        submit("MULTI");
        assertThat(commands.mustBeAlone(subscribe)).isFalse();
        lane.sent.clear();
        submit("SUBSCRIBE c d");
        assertThat(lane.sent).containsExactly("subscribe c NOW", "subscribe d NOBODYS");
        assertThat(lane.noted).containsExactly("stained");
        submit("EXEC");
        assertThat(lane.reply("*2\r\n:1\r\n:2\r\n")).as("of one command").startsWith("*1\r\n");
        assertThat(lane.noted).contains("executed :1", "executed :2");
    }
}
