package dev.keepsake.resp;

/// An engine sent something that is no RESP: a broken invariant, not a client's mistake.
public final class CorruptReplyException extends RuntimeException {
    public CorruptReplyException(String message) {
        super(message);
    }
}
