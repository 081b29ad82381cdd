package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.resp.ReplyFramer;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// Which answers of a transaction are not the engine's own, and how they are put into the reply to
/// EXEC. A command that the front answers is queued in the engine as another command, whose answer
/// keeps its place. Owned by the node's event loop.
///
/// A command that subscribes to several channels is confirmed channel by channel, but Redis counts
/// it once when it says how many answers follow. The engine gets one command for each channel, so
/// that its count is right; the client gets Redis's count.
final class QueuedAnswers {
    /// An entry of the map and a closure.
    private static final int CHANGE_HEAP_BYTES = 256;

    private final Map<Integer, UnaryOperator<ByteBuf>> changes = new HashMap<>();
    private int count; // of the engine's answers
    private int shown; // of the client's answers
    private long keptBytes; // heap that the changes use

    /// The engine answers the next command.
    void add() {
        count++;
        shown++;
    }

    /// `change` makes the next command's answer from the engine's.
    void add(UnaryOperator<ByteBuf> change) {
        changes.put(count, change);
        add();
    }

    /// The same with a change that uses this much heap.
    void add(UnaryOperator<ByteBuf> change, long heapBytes) {
        keptBytes += heapBytes;
        add(change);
    }

    /// The next command has one confirmation for each channel, which the front reads.
    void add(int channels, Consumer<ByteBuf> onConfirmed) {
        for (int i = 0; i < channels; i++) {
            changes.put(
                    count + i,
                    confirmation -> {
                        onConfirmed.accept(confirmation);
                        return confirmation;
                    });
        }
        count += channels;
        shown++;
    }

    /// About how much heap this uses.
    long heapBytes() {
        return keptBytes + changes.size() * (long) CHANGE_HEAP_BYTES;
    }

    /// How many commands the client has queued.
    int count() {
        return shown;
    }

    /// Whether the engine answers all commands.
    boolean areAllOfTheEngine() {
        return changes.isEmpty();
    }

    /// The reply to EXEC with the changes, or as it is when nothing was executed.
    ByteBuf changed(ByteBuf reply) {
        var in = reply.duplicate();
        int lineEnd = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n') + 1;
        var line = in.readCharSequence(lineEnd - in.readerIndex(), US_ASCII).toString();
        if (!line.equals("*" + count + "\r\n")) {
            return reply; // an error, or null because a watched key has changed
        }
        var out = Unpooled.buffer(reply.readableBytes());
        RespWriter.array(out, shown);
        var framer = new ReplyFramer();
        for (int i = 0; i < count; i++) {
            var answer = in.readSlice(framer.parse(in));
            var change = changes.get(i);
            out.writeBytes(change == null ? answer : change.apply(answer));
        }
        return out;
    }
}
