package dev.keepsake.log;

import java.io.IOException;

/// Bytes were written but could not be forced. It is not known whether they survive a crash, nor
/// whether the system still has the pages that it failed to write. A write that fails before any
/// force throws another exception.
final class UnforcedException extends IOException {
    UnforcedException(IOException cause) {
        super(cause.getMessage(), cause);
    }
}
