package dev.keepsake.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// Ends the process when an input ends: the system closes a pipe however the process at its other
/// side ends, also by SIGKILL.
///
/// The end is that of a signal, so a [StopSignal] lets the process clean up, within its limit.
final class InputEnd {
    private InputEnd() {}

    /// Begins to read the input, and to discard what is read.
    static void exitAfter(InputStream in) {
        // A read of standard input cannot be interrupted, so it runs on a daemon thread.
        Thread.ofPlatform().name("input-end").daemon().start(() -> exitBehind(in));
    }

    private static void exitBehind(InputStream in) {
        try {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // The other process has ended.
        }
        System.exit(Main.EXIT_OK);
    }
}
