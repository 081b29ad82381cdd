package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// One copy of a script at a time, for all nodes, however the reading before has ended.
class ScriptReaderTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ArrayDeque<Runnable> reading = new ArrayDeque<>();
    private final List<String> events = new ArrayList<>();
    private final ScriptReader reader = new ScriptReader(reading::add);

    /// What a job does in its turn.
    private enum Kind {
        GOOD,
        BAD,
        GONE,
        FAILS_TO_COPY,
        FAILS_TO_READ
    }

    private final class Script implements ScriptReader.Job {
        private final String name;
        private final Kind kind;
        private final EventLoop loop;

        Script(String name, Kind kind, EventLoop loop) {
            this.name = name;
            this.kind = kind;
            this.loop = loop;
        }

        @Override
        public EventLoop loop() {
            return loop;
        }

        @Override
        public byte @Nullable [] copy() {
            return switch (kind) {
                case GONE -> null;
                case FAILS_TO_COPY -> throw new IllegalStateException("no memory");
                case GOOD, BAD, FAILS_TO_READ -> {
                    events.add("copy " + name);
                    yield name.getBytes(UTF_8);
                }
            };
        }

        @Override
        public @Nullable String read(byte[] copy) {
            assertThat(new String(copy, UTF_8)).isEqualTo(name);
            return switch (kind) {
                case GOOD -> null;
                case BAD -> "ERR bad";
                case GONE, FAILS_TO_COPY, FAILS_TO_READ -> throw new IllegalStateException(name);
            };
        }

        @Override
        public void onRead(@Nullable String refusal) {
            events.add(name + ": " + refusal);
        }
    }

    private void submit(String name, Kind kind) {
        reader.submit(new Script(name, kind, channel.eventLoop()));
        channel.runPendingTasks();
    }

    private void readOne() {
        assertThat(reading).as("one at a time").hasSize(1);
        reading.remove().run();
        channel.runPendingTasks();
    }

    @Test
    void theNextScriptIsCopiedWhenTheOneBeforeHasBeenRead() {
        submit("a", Kind.GOOD);
        submit("b", Kind.BAD);
        submit("c", Kind.GOOD);
        assertThat(events).containsExactly("copy a");
        readOne();
        assertThat(events).containsExactlyInAnyOrder("copy a", "a: null", "copy b");
        readOne();
        readOne();
        assertThat(events).contains("b: ERR bad", "c: null").hasSize(6);
        assertThat(reading).isEmpty();
    }

    @Test
    void aClientThatHasGoneDelaysNoOther() {
        submit("a", Kind.GONE);
        submit("b", Kind.GONE);
        submit("c", Kind.GOOD);
        readOne();
        assertThat(events).containsExactly("copy c", "c: null");
    }

    /// A script that was not read is not let through.
    @Test
    void aScriptThatCannotBeReadIsRefusedAndTheNextOneIsRead() {
        submit("a", Kind.FAILS_TO_READ);
        submit("b", Kind.FAILS_TO_COPY);
        submit("c", Kind.GOOD);
        readOne();
        readOne();
        assertThat(events)
                .contains(
                        "a: ERR script refused because it cannot be read",
                        "b: ERR script refused because it cannot be read",
                        "c: null");
    }

    /// A node that was deleted meanwhile.
    @Test
    void anEventLoopThatHasEndedDelaysNoOtherNode() {
        var ended = new DefaultEventLoop();
        ended.shutdownGracefully(0, 0, TimeUnit.SECONDS).awaitUninterruptibly();
        submit("first", Kind.GOOD);
        reader.submit(new Script("ended", Kind.GOOD, ended));
        submit("last", Kind.GOOD);
        readOne();
        readOne();
        assertThat(events).doesNotContain("copy ended").contains("first: null", "last: null");
    }

    @Test
    void theReaderIsIdleBetweenScripts() {
        submit("a", Kind.GOOD);
        readOne();
        submit("b", Kind.GOOD);
        readOne();
        assertThat(events).containsExactly("copy a", "a: null", "copy b", "b: null");
    }

    @Test
    void scriptsAreReadInTheOrderOfTheirSubmission() {
        IntStream.range(0, 20).forEach(i -> submit("" + i, Kind.GOOD));
        IntStream.range(0, 20).forEach(i -> readOne());
        var order = events.stream().filter(event -> event.startsWith("copy ")).toList();
        assertThat(order).isEqualTo(IntStream.range(0, 20).mapToObj(i -> "copy " + i).toList());
    }
}
