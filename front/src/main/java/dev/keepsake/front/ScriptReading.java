package dev.keepsake.front;

import io.netty.channel.EventLoop;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The reading of one command's script. The client keeps the command until it is over. Owned by the
/// node's event loop.
final class ScriptReading {
    /// Checks a text. May be called from any thread.
    interface Check {
        Check NOTHING = text -> null;

        @Nullable String refusal(byte[] text);
    }

    /// A script that is read on another thread.
    ///
    /// @param text the script, or null when its client has gone
    /// @param check returns why it is refused, or null; any thread
    /// @param onOver called when the result is known, unless the reading was given up before
    private record Work(Supplier<byte @Nullable []> text, Check check, Runnable onOver) {}

    private @Nullable Work work;
    private @Nullable String refusal;

    private ScriptReading(@Nullable Work work, @Nullable String refusal) {
        this.work = work;
        this.refusal = refusal;
    }

    /// The result for a script that was read at once.
    static ScriptReading over(@Nullable String refusal) {
        return new ScriptReading(null, refusal);
    }

    /// The reading of a script that waits for its turn.
    static ScriptReading later(Supplier<byte @Nullable []> text, Check check, Runnable onOver) {
        return new ScriptReading(new Work(text, check, onOver), null);
    }

    /// Whether the result is known.
    boolean isOver() {
        return work == null;
    }

    /// Why the command is not passed on, or null. To be called when the reading is over.
    @Nullable String refusal() {
        return refusal;
    }

    /// The result is not wanted any more.
    void giveUp() {
        work = null;
    }

    /// The job for the reader.
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
