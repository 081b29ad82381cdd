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

/// The writers of a drill, each on its own thread. Owned by the drill's thread.
final class WriterCrew implements AutoCloseable {
    /// The most unique keys of all writers together: about 200 MB in an engine.
    private static final int MOST_KEYS = 1_000_000;

    /// Longer than the client waits for one reply.
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final List<DrillWriter> writers;
    private final AckHistory history;
    private final List<Future<?>> runs = new ArrayList<>();

    private WriterCrew(List<DrillWriter> writers, AckHistory history) {
        this.writers = writers;
        this.history = history;
    }

    static WriterCrew start(int count, DrillKeys keys, DrillStore store) {
        var history = new AckHistory(System.nanoTime());
        var writers =
                IntStream.range(0, count)
                        .mapToObj(
                                id -> new DrillWriter(id, MOST_KEYS / count, keys, store, history))
                        .toList();
        var crew = new WriterCrew(writers, history);
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

    /// When writes were acknowledged.
    AckHistory history() {
        return history;
    }

    long acknowledged() {
        return writers.stream()
                .flatMap(writer -> writer.meters().stream())
                .mapToLong(AckMeter::count)
                .sum();
    }

    /// The meters of every writer for every shard.
    List<AckMeter> meters() {
        return writers.stream().flatMap(writer -> writer.meters().stream()).toList();
    }

    /// The meters of every writer for one shard.
    List<AckMeter> meters(int shard) {
        return writers.stream().map(writer -> writer.meters().get(shard)).toList();
    }

    /// Stops the writers and returns their ledgers, in the order of the writers.
    ///
    /// @throws DrillException when a writer failed or does not end, so that its ledger is not
    ///   evidence
    List<WriteLedger> stop() throws DrillException, InterruptedException {
        writers.forEach(DrillWriter::stop);
        long deadlineNs = System.nanoTime() + STOP_LIMIT.toNanos();
        for (var run : runs) {
            try {
                run.get(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (ExecutionException e) {
                throw new DrillException("a writer failed: " + e.getCause(), e);
            } catch (TimeoutException e) {
                throw new DrillException(
                        "a writer did not end within %d s".formatted(STOP_LIMIT.toSeconds()), e);
            }
        }
        return writers.stream().map(DrillWriter::ledger).toList();
    }

    /// Makes the writers end, without waiting. Closing their store ends a write that hangs.
    @Override
    public void close() {
        writers.forEach(DrillWriter::stop);
    }
}
