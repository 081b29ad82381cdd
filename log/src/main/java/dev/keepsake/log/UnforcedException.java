package dev.keepsake.log;

import java.io.IOException;

/// What was written could not be made durable. Whether it will be there after a crash is not known,
/// nor whether the system still holds what it has dropped; a write that failed before any force is
/// no such case.
final class UnforcedException extends IOException {
    UnforcedException(IOException cause) {
        super(cause.getMessage(), cause);
    }
}
