package dev.keepsake.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;

/// Reports the size of the heap, live objects only, to the process that has started this one: for
/// each line of standard input it prints a number of bytes. The end of the input means that the
/// other process has ended, or wants this one to end.
final class HeapReports {
    private final BufferedReader in;
    private final PrintWriter out;
    private final CountDownLatch ended = new CountDownLatch(1);

    HeapReports(Reader in, PrintWriter out) {
        this.in = new BufferedReader(in);
        this.out = out;
        // A read of standard input cannot be interrupted, so it runs on a daemon thread.
        Thread.ofPlatform().name("heap-reports").daemon().start(this::run);
    }

    private void run() {
        try {
            while (in.readLine() != null) {
                System.gc();
                out.println(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
                out.flush();
            }
        } catch (IOException e) {
            // The other process has ended.
        } finally {
            ended.countDown();
        }
    }

    /// Waits for the end of the input.
    void awaitEnd() throws InterruptedException {
        ended.await();
    }
}
