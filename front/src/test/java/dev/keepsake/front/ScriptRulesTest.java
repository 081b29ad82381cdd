package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.ScriptCheck;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScriptRulesTest {
    private static final int KIB = 1 << 10;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ArrayDeque<Runnable> reading = new ArrayDeque<>(); // on the reader's thread
    private final ScriptReader reader = new ScriptReader(reading::add);
    private final Allowance heap = new Allowance(64L << 20, 2);
    private final Allowance.Share share = heap.share();
    private final ScriptRules node = rulesOf(share);
    private final ScriptRules otherNode = rulesOf(heap.share());
    private final List<String> copied = new ArrayList<>();
    private final List<String> over = new ArrayList<>();

    private ScriptRules rulesOf(Allowance.Share heapShare) {
        var memory = new MemoryWatch(new Allowance(1, 1).share(), heapShare);
        return new ScriptRules(channel.eventLoop(), memory, reader);
    }

    private ScriptReading begin(ScriptRules rules, String name, String script) {
        return begin(rules, name, "EVAL", script, "0");
    }

    private ScriptReading begin(ScriptRules rules, String name, String... words) {
        var command = Commands.bytes(words);
        return rules.begin(
                Commands.of(Commands.TABLE, command),
                () -> {
                    copied.add(name);
                    return command;
                },
                () -> over.add(name));
    }

    /// Lets the reader read one script.
    private void readOne() {
        channel.runPendingTasks();
        assertThat(reading).as("one at a time").hasSize(1);
        reading.remove().run();
        channel.runPendingTasks();
    }

    private static String script(int bytes, String statement) {
        return statement + " ".repeat(bytes - statement.length());
    }

    @Test
    void shortScriptsAreReadAtOnce() {
        assertThat(begin(node, "good", "return 1").isOver()).isTrue();
        assertThat(begin(node, "bad", "redis.set_repl(0)").refusal()).contains("redis.set_repl");
        assertThat(begin(node, "long", script(17 * KIB, "return 1")).isOver()).isFalse();
        assertThat(begin(node, "payload", "FUNCTION", "RESTORE", "x").isOver()).isFalse();
        assertThat(over).isEmpty();
    }

    @Test
    void manyShortScriptsAreReadOnTheReadersThread() {
        channel.freezeTime();
        begin(node, "first", "return 0"); // the span begins with this script at the latest
        channel.advanceTimeBy(1, TimeUnit.SECONDS);
        int atOnce = 0;
        while (begin(node, "" + atOnce, script(16 * KIB, "return " + atOnce)).isOver()) {
            atOnce++;
        }
        assertThat(atOnce).isEqualTo(16);
        assertThat(begin(node, "known", script(16 * KIB, "return 15")).isOver()).isTrue();
        assertThat(begin(otherNode, "other", script(16 * KIB, "return 99")).isOver()).isTrue();
        channel.advanceTimeBy(1, TimeUnit.SECONDS);
        assertThat(begin(node, "later", script(16 * KIB, "return 98")).isOver()).isTrue();
    }

    @Test
    void longScriptsAreReadOneByOneAndNodesTakeTurns() {
        var bad = begin(node, "1", script(17 * KIB, "redis.set_repl(0)"));
        var good = begin(node, "2", script(17 * KIB, "return 1"));
        begin(node, "3", script(17 * KIB, "return 1"));
        begin(otherNode, "other", script(17 * KIB, "return 1"));
        channel.runPendingTasks();
        assertThat(copied).containsExactly("1");
        readOne();
        assertThat(bad.isOver()).isTrue();
        assertThat(bad.refusal()).contains("redis.set_repl");
        assertThat(good.isOver()).isFalse();
        readOne();
        readOne();
        assertThat(good.isOver()).isTrue();
        assertThat(good.refusal()).isNull();
        readOne();
        assertThat(over).isEqualTo(copied).containsExactly("1", "other", "2", "3");
        assertThat(reading).isEmpty();
    }

    @Test
    void aScriptThatIsNotWantedAnyMoreIsNotCopied() {
        var read = begin(node, "read", script(17 * KIB, "return 1"));
        var next = begin(node, "next", script(17 * KIB, "return 1"));
        var last = begin(node, "last", script(17 * KIB, "return 1"));
        channel.runPendingTasks();
        node.giveUp(read);
        node.giveUp(next);
        readOne();
        readOne();
        assertThat(copied).containsExactly("read", "last");
        assertThat(over).containsExactly("last");
        assertThat(last.isOver()).isTrue();
        var alone = begin(node, "alone", script(17 * KIB, "return 1"));
        node.giveUp(alone); // the reader has it, but has not begun
        channel.runPendingTasks();
        assertThat(copied).doesNotContain("alone");
        begin(node, "after", script(17 * KIB, "return 1"));
        readOne();
        assertThat(over).containsExactly("last", "after");
    }

    @Test
    void aScriptIsRefusedWhenTheReaderFails() {
        var failing =
                new ScriptReader(task -> {
                    throw new IllegalStateException("no thread");
                });
        var memory = new MemoryWatch(new Allowance(1, 1).share(), heap.share());
        var rules = new ScriptRules(channel.eventLoop(), memory, failing);
        var refused = begin(rules, "x", script(17 * KIB, "return 1"));
        channel.runPendingTasks();
        assertThat(refused.isOver()).isTrue();
        assertThat(refused.refusal()).startsWith("ERR script refused");
    }

    @Test
    void rememberedScriptsAreCounted() {
        begin(node, "a", script(10 * KIB, "return 1"));
        begin(node, "b", script(10 * KIB, "return 2"));
        begin(node, "a", script(10 * KIB, "return 1"));
        assertThat(share.held()).isPositive().isLessThanOrEqualTo(20 * KIB);
        node.forget();
        assertThat(share.held()).isZero();
    }

    // ---- which commands bring scripts or libraries

    @ParameterizedTest
    @CsvSource({
        "EVAL x 0, true",
        "EVAL_RO x 0, true",
        "SCRIPT LOAD x, true",
        "FUNCTION LOAD x, true",
        "FUNCTION LOAD REPLACE x, true",
        "FUNCTION RESTORE x, true",
        "FUNCTION RESTORE x FLUSH, true",
        "EVALSHA x 0, false",
        "FCALL f 0, false",
        "SCRIPT EXISTS x, false",
        "FUNCTION DELETE x, false",
        "GET x, false"
    })
    void scriptsAndLibrariesAreReadAndCallsByNameAreNot(String line, boolean brings) {
        var command = Commands.of(line.split(" ", -1));
        assertThat(ScriptRules.hasScript(command)).isEqualTo(brings);
        assertThat(ScriptRules.bringsScript(command.spec())).isEqualTo(brings);
    }

    /// A function may be declared a write, and a script by its first line; only the engine knows.
    @ParameterizedTest
    @CsvSource({
        "FCALL f 1 k, true",
        "FCALL_RO f 1 k, true",
        "EVALSHA x 1 k, true",
        "EVAL #!lua 1 k, true",
        "EVAL return 1 k, false",
        "GET k, false"
    })
    void aReplicaRedirectsOnlyCallsThatMayBeDeclaredWrites(String line, boolean maybe) {
        assertThat(ScriptRules.mayBeDeclaredWrite(Commands.of(line.split(" ", -1))))
                .isEqualTo(maybe);
    }

    @Test
    void theErrorOfAReadOnlyReplicaIsRecognised() {
        assertThat(
                        ScriptRules.isOfReadOnlyReplica(
                                bytes(
                                        "-READONLY You can't write against a read only replica.\r\n")))
                .isTrue();
        assertThat(ScriptRules.isOfReadOnlyReplica(bytes("-READONLY of my own\r\n"))).isFalse();
        assertThat(ScriptRules.isOfReadOnlyReplica(bytes("+OK\r\n"))).isFalse();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }

    /// The length is known before the whole script has arrived.
    @Test
    void aScriptThatIsTooLongIsRefusedByItsLength() {
        var eval = Commands.sketch(200, "EVAL", "x".repeat(500), "1", "k");
        assertThat(ScriptRules.refusalByLength(eval, -1)).isNull();
        var load = Commands.sketch(200, "SCRIPT", "LOAD", "x".repeat(500));
        assertThat(ScriptRules.refusalByLength(load, 1 << 20)).isNull();
        assertThat(ScriptRules.refusalByLength(load, (1 << 20) + 1)).contains("expected 1048576");
        var set = Commands.sketch(200, "SET", "k", "x".repeat(500));
        assertThat(ScriptRules.refusalByLength(set, 1 << 29)).isNull();
    }

    @Test
    void aScriptThatIsTooLongIsNotRead() {
        var long1 = begin(node, "x", "SCRIPT", "LOAD", "a".repeat((1 << 20) + 1));
        assertThat(long1.refusal())
                .isEqualTo(
                        "ERR script refused because it has 1048577 bytes, expected 1048576 at"
                                + " most: give data as arguments, or divide the script");
        var payload = "a".repeat(ScriptCheck.MAX_PAYLOAD_BYTES + 1);
        assertThat(begin(node, "x", "FUNCTION", "RESTORE", payload).refusal())
                .startsWith("ERR payload refused because it has 4194305 bytes, expected 4194304");
        assertThat(copied).isEmpty();
    }
}
