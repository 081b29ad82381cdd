package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The script of one client, read at once or on the reader's thread.
class ClientScriptTest {
    private static final String LONG = "return 1" + " ".repeat(17 << 10);

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ArrayDeque<Runnable> reading = new ArrayDeque<>(); // on the reader's thread
    private final List<String> told = new ArrayList<>();
    private final ClientScript script =
            new ClientScript(
                    new ScriptRules(
                            channel.eventLoop(),
                            new MemoryWatch(
                                    new Allowance(1, 1).share(),
                                    new Allowance(64L << 20, 2).share()),
                            new ScriptReader(reading::add)));

    private void read(String text) {
        var command = Commands.bytes("EVAL", text, "0");
        script.read(Commands.of(Commands.TABLE, command), () -> command, () -> told.add("over"));
    }

    private void readElsewhere() {
        channel.runPendingTasks();
        reading.remove().run();
        channel.runPendingTasks();
    }

    @Test
    void aShortScriptIsReadAtOnce() {
        assertThat(script.reading()).isNull();
        read("redis.set_repl(0)");
        assertThat(script.reading())
                .isNotNull()
                .satisfies(read -> assertThat(read.refusal()).contains("redis.set_repl"));
        assertThat(told).isEmpty();
        script.end();
        assertThat(script.reading()).isNull();
    }

    @Test
    void aLongScriptIsReadOnTheReadersThread() {
        read(LONG);
        assertThat(script.reading())
                .isNotNull()
                .satisfies(read -> assertThat(read.isOver()).isFalse());
        readElsewhere();
        assertThat(told).containsExactly("over");
        assertThat(script.reading())
                .isNotNull()
                .satisfies(read -> assertThat(read.isOver()).isTrue());
    }

    @Test
    void aReadingThatWasGivenUpIsNotReported() {
        read(LONG);
        script.end();
        channel.runPendingTasks();
        reading.forEach(Runnable::run);
        channel.runPendingTasks();
        assertThat(told).isEmpty();
    }

    @Test
    void theCopyOfACommandIsCountedUntilTheCommandIsTaken() {
        var command = Commands.bytes("EVAL", LONG, "0");
        long kept =
                script.readCopy(
                        Commands.of(Commands.TABLE, command), command, () -> told.add("over"));
        assertThat(kept).isEqualTo(command.readableBytes());
        assertThat(script.heapBytes()).isEqualTo(kept);
        script.end();
        assertThat(script.heapBytes()).isZero();
    }

    @Test
    void aScriptThatIsReadAtOnceIsNotCopied() {
        var command = Commands.bytes("EVAL", "return 1", "0");
        long kept =
                script.readCopy(
                        Commands.of(Commands.TABLE, command), command, () -> told.add("over"));
        assertThat(kept).isZero();
        assertThat(script.heapBytes()).isZero();
    }
}
