package dev.keepsake.front;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// A publication failed because its shard has no primary at present.
public final class NoPrimaryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// @param message the shard or the node, for people
    public NoPrimaryException(String message) {
        super(message, null, false, false);
    }

    /// Whether this is why something failed.
    static boolean isCauseOf(@Nullable Throwable failure) {
        var cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof NoPrimaryException;
    }
}
