package dev.keepsake.fleet;

/// The control plane cannot keep decisions at present. Not the caller's mistake; the API answers it
/// as an internal failure. The message says whether anything can have changed.
final class ControlUnavailableException extends RuntimeException {
    ControlUnavailableException(String message) {
        super(message);
    }
}
