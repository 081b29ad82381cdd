package dev.keepsake.log;

import java.io.IOException;

/// The requested entry has been deleted by [TransactionLog#trim]. The reader has to start from a
/// snapshot.
public final class TrimmedException extends IOException {
    public TrimmedException(String message) {
        super(message);
    }
}
