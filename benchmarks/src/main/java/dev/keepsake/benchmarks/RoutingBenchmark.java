package dev.keepsake.benchmarks;

import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.KeyPositions;
import dev.keepsake.resp.KeySlot;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.shard.DirtyKeys;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The cost of finding the node for a command: its keys, their slot, and whether they are dirty.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RoutingBenchmark {
    private final CommandFramer framer = new CommandFramer(ProtocolLimits.standard());
    private final CommandTable table = RecordedTable.read();
    private final KeyPositions keys = new KeyPositions();
    private final DirtyKeys dirtyKeys = new DirtyKeys();
    private final ByteBuf command = Unpooled.directBuffer();
    private final CommandSpec spec;

    /// Frames a SET of a key with a hash tag.
    public RoutingBenchmark() {
        RespWriter.command(command, "SET", "{user:4711}:basket", "x".repeat(100));
        try {
            framer.parse(command);
        } catch (ProtocolException e) {
            throw new IllegalStateException(e);
        }
        var found = table.resolve(command, command.readerIndex(), framer.frame());
        if (found == null) {
            throw new IllegalStateException("SET is not in the table");
        }
        spec = found;
        for (long i = 1; i <= 64; i++) {
            dirtyKeys.mark(i * 0x9E37_79B9_7F4A_7C15L);
        }
    }

    /// The slot of the key.
    @Benchmark
    public int slot() {
        int base = command.readerIndex();
        spec.keys(command, base, framer.frame(), keys);
        int key = keys.argument(0);
        return KeySlot.of(command, base + framer.frame().start(key), framer.frame().length(key));
    }

    /// Whether the key is dirty while 64 others are.
    @Benchmark
    public boolean dirty() {
        int base = command.readerIndex();
        spec.keys(command, base, framer.frame(), keys);
        int key = keys.argument(0);
        return dirtyKeys.contains(
                KeySlot.hash(
                        command, base + framer.frame().start(key), framer.frame().length(key)));
    }
}
