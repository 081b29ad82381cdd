package dev.keepsake.log;

import java.io.IOException;

/// A change of a log's files failed, and so did taking it back: what a crash would leave of it is
/// not known, and nothing may be built upon it.
final class HalfDoneException extends IOException {
    HalfDoneException(String message, IOException cause) {
        super(message, cause);
    }
}
