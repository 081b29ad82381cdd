package dev.keepsake.engine;

/// No usable engine program. The message lists what was looked at, what was wrong with each, and
/// what to do about it.
public final class EngineNotFoundException extends Exception {
    EngineNotFoundException(String message) {
        super(message);
    }
}
