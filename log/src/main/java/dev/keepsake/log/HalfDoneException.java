package dev.keepsake.log;

import java.io.IOException;

/// A change of a log's files failed, and undoing it failed, too. It is not known what a crash would
/// leave of the change, so the log must not continue from here.
final class HalfDoneException extends IOException {
    HalfDoneException(String message, IOException cause) {
        super(message, cause);
    }
}
