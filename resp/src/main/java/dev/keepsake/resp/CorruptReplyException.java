package dev.keepsake.resp;

/// An engine sent bytes that are not RESP. This is a broken invariant, not a client's mistake.
public final class CorruptReplyException extends RuntimeException {
    public CorruptReplyException(String message) {
        super(message);
    }
}
