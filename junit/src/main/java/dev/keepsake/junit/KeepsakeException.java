package dev.keepsake.junit;

/// A server that could not be started or asked, or that refused a call. The message has the reason
/// and, where there is one, the way out.
public final class KeepsakeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KeepsakeException(String message) {
        super(message);
    }

    KeepsakeException(String message, Throwable cause) {
        super(message, cause);
    }
}
