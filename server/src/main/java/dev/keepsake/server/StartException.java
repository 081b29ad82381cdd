package dev.keepsake.server;

/// The server cannot start. The message is one line for people: what was found, and the way out.
public final class StartException extends Exception {
    public StartException(String message) {
        super(message);
    }
}
