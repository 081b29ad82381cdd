package dev.keepsake.log;

import java.io.IOException;

/// Stored bytes differ from what was written. The message names the file and the position. The log
/// does not guess what the bytes were.
public final class CorruptLogException extends IOException {
    public CorruptLogException(String message) {
        super(message);
    }
}
