package dev.keepsake.front;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// A primary has not published anything, for its log would have no room for it.
final class PublicationRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final String UNREACHABLE = "CLUSTERDOWN The cluster is down";

    /// @param error what a client is told
    PublicationRefusedException(String error) {
        super(error, null, false, false);
    }

    /// What a client is told of a failure.
    static String errorOf(@Nullable Throwable failure) {
        var cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof PublicationRefusedException refused
                ? String.valueOf(refused.getMessage())
                : UNREACHABLE;
    }
}
