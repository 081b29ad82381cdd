package dev.keepsake.benchmarks;

import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EmbeddedLog;
import dev.keepsake.log.EmbeddedLogOptions;
import dev.keepsake.log.FileSystemDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Appends of 140 bytes to the log on this machine's disk, with a force: one at a time, and as many
/// at once as on a busy primary.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class LogAppendBenchmark {
    private static final int MANY = 256;
    private static final int BYTES = 140;

    private final Path directory;
    private final EmbeddedLog log;
    private final Term term;
    private long offset;

    /// Opens a log, and claims it.
    public LogAppendBenchmark() {
        try {
            directory = Files.createTempDirectory("keepsake-append-");
            log =
                    EmbeddedLog.open(
                            directory,
                            new FileSystemDisk(),
                            EmbeddedLogOptions.standard(),
                            Thread.ofPlatform().daemon().name("log-writer").factory(),
                            (what, cause) -> {
                                throw new IllegalStateException(what, cause);
                            });
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        if (log.claim("benchmark", -1).toCompletableFuture().join()
                instanceof ClaimOutcome.Won(Term won, long _)) {
            term = won;
        } else {
            throw new IllegalStateException("an empty log is not to be had");
        }
    }

    /// Removes the log.
    @TearDown
    public void close() throws IOException {
        log.close();
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /// One append, and the wait for its outcome.
    @Benchmark
    public AppendOutcome one() {
        return append().join();
    }

    /// 256 appends, and one wait for all outcomes.
    @Benchmark
    @OperationsPerInvocation(MANY)
    public AppendOutcome many() {
        for (int i = 1; i < MANY; i++) {
            append();
        }
        return append().join();
    }

    private CompletableFuture<AppendOutcome> append() {
        var outcome = log.append(term, offset, ByteBuffer.allocate(BYTES)).toCompletableFuture();
        offset += BYTES;
        return outcome;
    }
}
