package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.resp.CommandFrame;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.ScriptCheck;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Which scripts an engine is given: those that [ScriptCheck] takes. Remembers what it has taken of
/// late, for the same scripts come again and again. Owned by the node's event loop.
final class ScriptRules {
    private static final int REMEMBERED = 64; // a power of two
    private static final int REMEMBERED_MAX_BYTES = 16 << 10;
    private static final String READ_ONLY_REPLICA =
            "-READONLY You can't write against a read only replica.";
    private static final byte[] SHEBANG = "#!".getBytes(US_ASCII);

    private final @Nullable ByteBuf[] harmless = new ByteBuf[REMEMBERED];
    private int checked;

    /// Why a command is not passed on, or null.
    @Nullable String refusal(CommandSpec spec, ByteBuf in, int base, CommandFrame frame) {
        int script = spec.scriptArgument(frame.argumentCount());
        if (script > 0 && script < frame.argumentCount()) {
            return refusal(in.slice(base + frame.start(script), frame.length(script)));
        }
        int libraries = spec.librariesArgument();
        if (libraries > 0 && libraries < frame.argumentCount()) {
            checked++;
            return ScriptCheck.refusalOfLibraries(
                    bytes(in.slice(base + frame.start(libraries), frame.length(libraries))));
        }
        return null;
    }

    private @Nullable String refusal(ByteBuf script) {
        boolean kept = script.readableBytes() <= REMEMBERED_MAX_BYTES;
        int place = kept ? ByteBufUtil.hashCode(script) & (REMEMBERED - 1) : 0;
        var known = harmless[place];
        if (kept && known != null && ByteBufUtil.equals(known, script)) {
            return null;
        }
        checked++;
        var copy = bytes(script);
        String refusal = ScriptCheck.refusal(copy);
        if (kept && refusal == null) {
            harmless[place] = Unpooled.wrappedBuffer(copy);
        }
        return refusal;
    }

    private static byte[] bytes(ByteBuf slice) {
        return ByteBufUtil.getBytes(slice, slice.readerIndex(), slice.readableBytes(), true);
    }

    /// How many scripts have been read.
    int checked() {
        return checked;
    }

    /// Whether a command is looked at as a whole, however large it is: it is a script and little
    /// else.
    static boolean isScriptAlone(CommandSpec spec) {
        return !spec.hasKeys() && (spec.scriptArgument(2) != 0 || spec.librariesArgument() != 0);
    }

    /// Whether what has arrived of a large command has the script.
    static boolean knowsScript(CommandSpec spec, CommandFrame frame) {
        return !frame.isSketch() || spec.scriptArgument(frame.argumentCount()) < frame.knownCount();
    }

    /// Which arguments of a large command have to be there as a whole.
    static IntPredicate kept(CommandSpec spec, CommandFrame frame, IntPredicate keys) {
        int script = spec.scriptArgument(frame.argumentCount());
        return script == 0 ? keys : argument -> argument == script || keys.test(argument);
    }

    /// Whether Redis in cluster mode may take a call for a write because of what the script or the
    /// function says of itself, which only the engine knows. A replica then sends clients on.
    static boolean mayBeDeclaredWrite(CommandSpec spec, ByteBuf in, int base, CommandFrame frame) {
        if (!LaneChannel.callsScript(spec)) {
            return false;
        }
        int script = spec.scriptArgument(frame.argumentCount());
        if (script == 0) {
            return true;
        }
        int start = base + frame.start(script);
        return frame.length(script) >= SHEBANG.length
                && in.getByte(start) == SHEBANG[0]
                && in.getByte(start + 1) == SHEBANG[1];
    }

    /// Whether an engine that is a replica has taken a call for a write before running anything.
    static boolean isOfReadOnlyReplica(ByteBuf reply) {
        return OwnLane.isText(reply, READ_ONLY_REPLICA);
    }
}
