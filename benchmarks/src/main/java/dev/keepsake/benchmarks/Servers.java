package dev.keepsake.benchmarks;

import dev.keepsake.core.PortLease;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/// Processes that are measured: their start, their ports, and their end.
final class Servers {
    static final String HOST = "127.0.0.1";

    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long WITHIN_NS = TimeUnit.MINUTES.toNanos(10);
    private static final int ENDS_WITHIN_S = 30;
    private static final List<PortLease> LEASES = new ArrayList<>();

    private Servers() {}

    /// Starts a process with its output in `output.log` in this directory.
    static Process start(List<String> command, Path directory) throws IOException {
        var output = directory.resolve("output.log").toFile();
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output))
                .start();
    }

    /// Something that becomes true sooner or later.
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /// Waits until a condition is true. A condition that cannot be checked counts as false.
    ///
    /// @throws IOException when the process ends, or after ten minutes; the process has been ended
    ///   then
    static void await(String what, Process process, Condition condition) throws IOException {
        long deadlineNs = System.nanoTime() + WITHIN_NS;
        String found = "nothing";
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (IOException e) {
                found = String.valueOf(e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            if (!process.isAlive() || System.nanoTime() - deadlineNs > 0) {
                end(process);
                throw new IOException("waited in vain until %s; found %s".formatted(what, found));
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /// Ends a process and all processes that it has started.
    static void end(Process process) {
        var descendants = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(ENDS_WITHIN_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        descendants.forEach(ProcessHandle::destroyForcibly);
    }

    /// Leases ports while this process runs.
    static synchronized PortLease leasePorts(int count) {
        var lease = PortLease.take(count, RandomGenerator.getDefault());
        LEASES.add(lease);
        return lease;
    }
}
