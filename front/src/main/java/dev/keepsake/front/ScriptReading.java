package dev.keepsake.front;

import io.netty.channel.EventLoop;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What becomes of the script of one command, which its client keeps until then. Owned by the
/// node's event loop.
final class ScriptReading {
    /// Says what is wrong with a text. Any thread.
    interface Check {
        Check NOTHING = text -> null;

        @Nullable String refusal(byte[] text);
    }

    /// What is to be read elsewhere.
    ///
    /// @param text gives it, while the client is there, else null
    /// @param check says why it is refused, or null; any thread
    /// @param onOver called when it is known what becomes of it, unless it was given up before
    private record Work(Supplier<byte @Nullable []> text, Check check, Runnable onOver) {}

    private @Nullable Work work;
    private @Nullable String refusal;

    private ScriptReading(@Nullable Work work, @Nullable String refusal) {
        this.work = work;
        this.refusal = refusal;
    }

    /// Of a script that was read at once.
    static ScriptReading over(@Nullable String refusal) {
        return new ScriptReading(null, refusal);
    }

    /// Of one that waits for its turn.
    static ScriptReading later(Supplier<byte @Nullable []> text, Check check, Runnable onOver) {
        return new ScriptReading(new Work(text, check, onOver), null);
    }

    /// Whether it is known what becomes of it.
    boolean isOver() {
        return work == null;
    }

    /// Why the command is not passed on, or null. To be asked when it is over.
    @Nullable String refusal() {
        return refusal;
    }

    /// Nobody wants to know any more.
    void giveUp() {
        work = null;
    }

    /// Hands it to the reader.
    ///
    /// @param onLeft called when the reader has done with it
    ScriptReader.Job job(EventLoop loop, Consumer<ScriptReading> onLeft) {
        var mine = work;
        var check = mine == null ? Check.NOTHING : mine.check();
        return new ScriptReader.Job() {
            @Override
            public EventLoop loop() {
                return loop;
            }

            @Override
            public byte @Nullable [] copy() {
                var wanted = work;
                byte[] text = wanted == null ? null : wanted.text().get();
                if (text == null) {
                    onLeft.accept(ScriptReading.this);
                }
                return text;
            }

            @Override
            public @Nullable String read(byte[] copy) {
                return check.refusal(copy);
            }

            @Override
            public void onRead(@Nullable String why) {
                onLeft.accept(ScriptReading.this);
                var wanted = work;
                if (wanted != null) {
                    work = null;
                    refusal = why;
                    wanted.onOver().run();
                }
            }
        };
    }
}
