package dev.keepsake.front;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// A primary has refused to publish, because its log has no room for the message.
final class PublicationRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final String UNREACHABLE = "CLUSTERDOWN The cluster is down";

    /// @param error the error for the client
    PublicationRefusedException(String error) {
        super(error, null, false, false);
    }

    /// The client's error for a failure.
    static String errorOf(@Nullable Throwable failure) {
        var cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof PublicationRefusedException refused
                ? String.valueOf(refused.getMessage())
                : UNREACHABLE;
    }
}
