package dev.keepsake.log;

import java.io.IOException;

/// The entry asked for has been given up by [TransactionLog#trim]: start from a snapshot instead.
public final class TrimmedException extends IOException {
    public TrimmedException(String message) {
        super(message);
    }
}
