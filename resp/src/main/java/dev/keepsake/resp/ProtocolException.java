package dev.keepsake.resp;

/// A client has violated the protocol, and its connection cannot be read any further. The message
/// is the text that Redis 7.0 sends after `-ERR `.
public final class ProtocolException extends Exception {
    public ProtocolException(String message) {
        super(message);
    }
}
