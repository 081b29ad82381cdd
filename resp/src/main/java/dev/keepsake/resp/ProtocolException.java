package dev.keepsake.resp;

/// A client broke the protocol; its connection cannot be read any further. The message is what
/// Redis 7.0 sends after `-ERR `.
public final class ProtocolException extends Exception {
    public ProtocolException(String message) {
        super(message);
    }
}
