package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// The clients of a load at work, each on a thread of its own.
final class Crew implements AutoCloseable {
    private final List<Worker> workers;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> running = new ArrayList<>();
    private volatile boolean stopping;

    /// Lets them work until they are stopped.
    Crew(Load load, Shard shard) {
        this.workers = load.workers();
        for (var worker : workers) {
            running.add(threads.submit(() -> run(worker, shard)));
        }
    }

    private void run(Worker worker, Shard shard) {
        try (var client = new ShardClient(shard.nodes())) {
            while (!stopping) {
                worker.work(client);
            }
        }
    }

    /// Waits until every one has had some more acknowledgements than it has now.
    void awaitAcknowledged(int more) throws InterruptedException {
        var before = workers.stream().map(Worker::acknowledged).toList();
        await(
                "everybody works",
                () -> {
                    for (int i = 0; i < workers.size(); i++) {
                        if (!running.get(i).isDone()
                                && workers.get(i).acknowledged() < before.get(i) + more) {
                            return false;
                        }
                    }
                    return true;
                });
        failIfOneHas();
    }

    private void failIfOneHas() throws InterruptedException {
        for (var each : running) {
            if (each.isDone()) {
                awaitEnd(each);
            }
        }
    }

    private static void awaitEnd(Future<?> client) throws InterruptedException {
        try {
            Waiting.resultOf("a client's end", client);
        } catch (ExecutionException e) {
            throw new AssertionError("a client fails: " + e.getCause(), e);
        }
    }

    /// Lets them end what they are in.
    void stop() throws InterruptedException {
        stopping = true;
        for (var each : running) {
            awaitEnd(each);
        }
    }

    /// Compares what a node has with what they were told; they have been stopped.
    void check(Reader reader) {
        workers.forEach(worker -> worker.check(reader));
    }

    /// How much was acknowledged and how much had no reply.
    String tally() {
        return "%d acknowledged, %d unknown"
                .formatted(
                        workers.stream().mapToInt(Worker::acknowledged).sum(),
                        workers.stream().mapToInt(Worker::unknown).sum());
    }

    @Override
    public void close() {
        stopping = true;
        threads.shutdownNow();
    }
}
