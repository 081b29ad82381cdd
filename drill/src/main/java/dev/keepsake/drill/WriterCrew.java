package dev.keepsake.drill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

/// The drill's writers, each on a thread of its own. Owned by the drill's thread.
final class WriterCrew implements AutoCloseable {
    /// All writers together create at most this many unique keys: about 200 MB in an engine.
    private static final int MOST_KEYS = 1_000_000;

    /// Longer than the client waits for one reply.
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final List<DrillWriter> writers;
    private final List<Future<?>> runs = new ArrayList<>();

    private WriterCrew(List<DrillWriter> writers) {
        this.writers = writers;
    }

    static WriterCrew start(int count, DrillKeys keys, DrillStore store) {
        var crew =
                new WriterCrew(
                        IntStream.range(0, count)
                                .mapToObj(id -> new DrillWriter(id, MOST_KEYS / count, keys, store))
                                .toList());
        crew.writers.forEach(crew::run);
        return crew;
    }

    private void run(DrillWriter writer) {
        var run = new FutureTask<>(writer, null);
        runs.add(run);
        Thread.ofPlatform().name("drill-writer-" + runs.size()).daemon().start(run);
    }

    int size() {
        return writers.size();
    }

    long acknowledged() {
        return writers.stream()
                .flatMap(writer -> writer.meters().stream())
                .mapToLong(AckMeter::count)
                .sum();
    }

    /// Every writer's meter of every shard.
    List<AckMeter> meters() {
        return writers.stream().flatMap(writer -> writer.meters().stream()).toList();
    }

    /// Every writer's meter of one shard.
    List<AckMeter> meters(int shard) {
        return writers.stream().map(writer -> writer.meters().get(shard)).toList();
    }

    /// Stops the writers and hands over their ledgers, in the order of the writers.
    ///
    /// @throws DrillException when a writer broke or does not end, so that its ledger is no
    ///   evidence
    List<WriteLedger> stop() throws DrillException, InterruptedException {
        writers.forEach(DrillWriter::stop);
        long deadlineNs = System.nanoTime() + STOP_LIMIT.toNanos();
        for (var run : runs) {
            try {
                run.get(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (ExecutionException e) {
                throw new DrillException("a writer broke: " + e.getCause(), e);
            } catch (TimeoutException e) {
                throw new DrillException(
                        "a writer did not end within %d s".formatted(STOP_LIMIT.toSeconds()), e);
            }
        }
        return writers.stream().map(DrillWriter::ledger).toList();
    }

    /// Tells the writers to end without waiting; closing their store ends a write that hangs.
    @Override
    public void close() {
        writers.forEach(DrillWriter::stop);
    }
}
