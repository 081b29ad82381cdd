package dev.keepsake.benchmarks;

import dev.keepsake.shard.DirtyKeys;
import dev.keepsake.shard.Tracker;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The cost of holding back a write's reply: mark, park, release.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TrackerBenchmark {
    private static final int TURN = 64;
    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

    private final DirtyKeys dirtyKeys = new DirtyKeys();
    private final Tracker<Long> tracker = new Tracker<>(0, () -> true, dirtyKeys::release, _ -> {});
    private final Tracker<Long>.Open lane = tracker.open();
    private final Long[] hashes = new Long[TURN];
    private long offset;

    /// Chooses the keys.
    public TrackerBenchmark() {
        for (int i = 0; i < TURN; i++) {
            hashes[i] = (i + 1) * GOLDEN;
        }
    }

    /// A turn of 64 writes, each of its own key, and the log's report that it contains them.
    @Benchmark
    @OperationsPerInvocation(TURN)
    public int turnOfWrites() {
        for (var hash : hashes) {
            dirtyKeys.mark(hash);
            lane.park(hash);
        }
        offset += TURN;
        lane.barrier(offset);
        tracker.durable(offset);
        return tracker.parkedCount();
    }
}
