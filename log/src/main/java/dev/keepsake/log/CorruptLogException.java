package dev.keepsake.log;

import java.io.IOException;

/// Stored bytes are not what was written. The message names the file and the position; the log does
/// not guess what stood there.
public final class CorruptLogException extends IOException {
    public CorruptLogException(String message) {
        super(message);
    }
}
