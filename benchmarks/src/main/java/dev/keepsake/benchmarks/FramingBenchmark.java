package dev.keepsake.benchmarks;

import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.resp.ReplyFramer;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The front's work on the bytes of each command and of each reply.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FramingBenchmark {
    private final CommandFramer commands = new CommandFramer(ProtocolLimits.standard());
    private final ReplyFramer replies = new ReplyFramer();
    private final CommandTable table = RecordedTable.read();
    private final ByteBuf command = Unpooled.directBuffer();
    private final ByteBuf reply = Unpooled.directBuffer();

    /// Fills the buffers.
    public FramingBenchmark() {
        RespWriter.command(command, "SET", "key:12345", "x".repeat(100));
        RespWriter.bulk(reply, "x".repeat(100));
    }

    /// Finds the end of a SET of 100 bytes, and its arguments.
    @Benchmark
    public int frameCommand() throws ProtocolException {
        commands.parse(command);
        return commands.lengthBytes();
    }

    /// The same, and looks up the command in the table: the beginning of routing.
    @Benchmark
    public @Nullable CommandSpec frameAndResolve() throws ProtocolException {
        commands.parse(command);
        return table.resolve(command, command.readerIndex(), commands.frame());
    }

    /// Finds the end of the reply to a GET of 100 bytes.
    @Benchmark
    public int frameReply() {
        return replies.parse(reply);
    }
}
