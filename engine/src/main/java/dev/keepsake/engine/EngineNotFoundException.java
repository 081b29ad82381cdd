package dev.keepsake.engine;

/// There is no usable engine program. The message lists the candidates, what was wrong with each,
/// and the way out.
public final class EngineNotFoundException extends Exception {
    EngineNotFoundException(String message) {
        super(message);
    }
}
