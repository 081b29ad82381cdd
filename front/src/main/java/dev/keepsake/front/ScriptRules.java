package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.ScriptCheck;
import dev.keepsake.resp.Trait;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Decides which scripts an engine gets: those that [ScriptCheck] accepts. Remembers scripts that
/// it has accepted recently, because the same scripts come again and again. Owned by the node's
/// event loop.
///
/// Short scripts are read at once, as far as that takes little of the loop's time. All others go to
/// the [ScriptReader], one after another, and so do libraries, which may become long when they are
/// decompressed.
final class ScriptRules {
    private static final int REMEMBERED = 64; // a power of two
    private static final int SHORT_MAX_BYTES = 16 << 10;

    /// How many bytes are read at once in each span of time: some milliseconds' work.
    private static final int AT_ONCE_MAX_BYTES = 256 << 10;

    private static final long SPAN_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final String READ_ONLY_REPLICA =
            "-READONLY You can't write against a read only replica.";
    private static final byte[] SHEBANG = "#!".getBytes(US_ASCII);

    private final EventLoop loop;
    private final MemoryWatch memory;
    private final ScriptReader reader;
    private final @Nullable ByteBuf[] harmless = new ByteBuf[REMEMBERED];
    private final Set<ScriptReading> waiting = new LinkedHashSet<>();
    private @Nullable ScriptReading withReader;
    private long spanBeganNs;
    private long readInSpanBytes;

    ScriptRules(EventLoop loop, MemoryWatch memory, ScriptReader reader) {
        this.loop = loop;
        this.memory = memory;
        this.reader = reader;
        this.spanBeganNs = loop.ticker().nanoTime();
    }

    /// Begins to read the script or the libraries of a command for which [#hasScript] is true.
    ///
    /// @param kept the command's bytes from the first on, while it waits; null when its client has
    ///   gone
    /// @param onOver called when a reading that is not over yet is over, unless it was given up
    ///   before
    ScriptReading begin(Command command, Supplier<@Nullable ByteBuf> kept, Runnable onOver) {
        var spec = command.spec();
        int argument = argument(command);
        boolean libraries = spec.librariesArgument() > 0;
        int start = command.start(argument);
        int length = command.length(argument);
        String tooLong = refusalByLength(spec, length);
        if (tooLong != null) {
            return ScriptReading.over(tooLong);
        }
        if (!libraries && length <= SHORT_MAX_BYTES) {
            var script = command.argument(argument);
            if (isKnown(script)) {
                return ScriptReading.over(null);
            }
            if (hasTimeFor(length)) {
                return ScriptReading.over(refusal(script));
            }
        }
        Supplier<byte @Nullable []> text =
                () -> {
                    var bytes = kept.get();
                    return bytes == null
                            ? null
                            : bytes(bytes.slice(bytes.readerIndex() + start, length));
                };
        var reading =
                ScriptReading.later(
                        text,
                        libraries ? ScriptCheck::refusalOfLibraries : ScriptCheck::refusal,
                        onOver);
        waiting.add(reading);
        readNext();
        return reading;
    }

    /// The result of a reading is not wanted any more.
    void giveUp(ScriptReading reading) {
        waiting.remove(reading);
        reading.giveUp();
    }

    private void readNext() {
        var next = waiting.iterator();
        if (withReader == null && next.hasNext()) {
            var reading = next.next();
            next.remove();
            withReader = reading;
            reader.submit(
                    reading.job(
                            loop,
                            done -> {
                                withReader = null;
                                readNext();
                            }));
        }
    }

    private boolean hasTimeFor(int bytes) {
        long nowNs = loop.ticker().nanoTime();
        if (nowNs - spanBeganNs > SPAN_NS) {
            spanBeganNs = nowNs;
            readInSpanBytes = 0;
        }
        boolean hasTime = readInSpanBytes + bytes <= AT_ONCE_MAX_BYTES;
        readInSpanBytes += hasTime ? bytes : 0;
        return hasTime;
    }

    private boolean isKnown(ByteBuf script) {
        var known = harmless[place(script)];
        return known != null && ByteBufUtil.equals(known, script);
    }

    private static int place(ByteBuf script) {
        return ByteBufUtil.hashCode(script) & (REMEMBERED - 1);
    }

    private @Nullable String refusal(ByteBuf script) {
        var copy = bytes(script);
        String refusal = ScriptCheck.refusal(copy);
        if (refusal == null) {
            remember(place(script), copy);
        }
        return refusal;
    }

    private void remember(int place, byte[] script) {
        forget(place);
        if (memory.takeHeap(script.length)) {
            harmless[place] = Unpooled.wrappedBuffer(script);
        }
    }

    private void forget(int place) {
        var known = harmless[place];
        if (known != null) {
            harmless[place] = null;
            memory.giveHeapBack(known.capacity());
        }
    }

    /// Forgets all scripts that it has accepted.
    void forget() {
        for (int place = 0; place < REMEMBERED; place++) {
            forget(place);
        }
    }

    private static byte[] bytes(ByteBuf slice) {
        return ByteBufUtil.getBytes(slice, slice.readerIndex(), slice.readableBytes(), true);
    }

    private static int argument(Command command) {
        int libraries = command.spec().librariesArgument();
        return libraries > 0 ? libraries : scriptArgument(command);
    }

    private static int scriptArgument(Command command) {
        return command.spec().scriptArgument(command.argumentCount());
    }

    private static @Nullable String refusalByLength(CommandSpec spec, long bytes) {
        return spec.librariesArgument() > 0
                ? ScriptCheck.refusalOfLibrariesByLength(bytes)
                : ScriptCheck.refusalByLength(bytes);
    }

    /// Whether this command brings a script or libraries that have to be read.
    static boolean hasScript(Command command) {
        int argument = argument(command);
        return argument > 0 && argument < command.argumentCount();
    }

    /// Whether commands of this row bring scripts or libraries.
    static boolean bringsScript(CommandSpec spec) {
        return isScriptAlone(spec) || spec.scriptArgument(2) != 0;
    }

    /// Why a large command is refused before it has arrived completely.
    ///
    /// @param next the length of the argument behind those that are known, or -1
    /// @return null when it is not refused, or when that is not known yet
    static @Nullable String refusalByLength(Command command, int next) {
        var spec = command.spec();
        // In a command that consists of a script and little else, every argument has this bound.
        boolean counts =
                isScriptAlone(spec)
                        || (bringsScript(spec) && argument(command) == command.knownCount());
        return counts ? refusalByLength(spec, next) : null;
    }

    /// The maximal length of a command that consists of a script and little else.
    static int maxBytesAlone(CommandSpec spec) {
        return 2
                * (spec.librariesArgument() > 0
                        ? ScriptCheck.MAX_PAYLOAD_BYTES
                        : ScriptCheck.MAX_SCRIPT_BYTES);
    }

    /// Whether a command is always needed as a whole, however large it is, because it consists of a
    /// script and little else.
    static boolean isScriptAlone(CommandSpec spec) {
        return !spec.hasKeys() && (spec.scriptArgument(2) != 0 || spec.librariesArgument() != 0);
    }

    /// Whether the arrived part of a large command contains the script.
    static boolean knowsScript(Command command) {
        return !command.isSketch() || scriptArgument(command) < command.knownCount();
    }

    /// Which arguments of a large command have to be kept as a whole.
    static IntPredicate kept(Command command) {
        int script = scriptArgument(command);
        var keys = command.keyArguments();
        return script == 0 ? keys : argument -> argument == script || keys.test(argument);
    }

    /// Whether Redis in cluster mode may take a call for a write because of what the script or the
    /// function declares, which only the engine knows. A replica then redirects clients.
    static boolean mayBeDeclaredWrite(Command command) {
        if (!command.is(Trait.SCRIPT)) {
            return false;
        }
        int script = scriptArgument(command);
        return script == 0 || command.begins(script, SHEBANG);
    }

    /// Whether this is the error of an engine that is a replica and has taken a call for a write
    /// before running anything.
    static boolean isOfReadOnlyReplica(ByteBuf reply) {
        return LaneChannel.isText(reply, READ_ONLY_REPLICA);
    }
}
