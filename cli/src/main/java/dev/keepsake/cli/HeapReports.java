package dev.keepsake.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;

/// Tells the process that started this one how large the heap is, live objects only: a line comes
/// in, a number of bytes goes out. When no more lines can come, that process has ended, or wants
/// this one to end.
final class HeapTeller {
    private final BufferedReader in;
    private final PrintWriter out;
    private final CountDownLatch ended = new CountDownLatch(1);

    HeapTeller(Reader in, PrintWriter out) {
        this.in = new BufferedReader(in);
        this.out = out;
        // A read of standard input cannot be interrupted, so it gets a thread that need not end.
        Thread.ofPlatform().name("heap-teller").daemon().start(this::run);
    }

    private void run() {
        try {
            while (in.readLine() != null) {
                System.gc();
                out.println(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
                out.flush();
            }
        } catch (IOException e) {
            // There is nobody left to tell.
        } finally {
            ended.countDown();
        }
    }

    /// Waits until no more lines can come.
    void awaitEnd() throws InterruptedException {
        ended.await();
    }
}
