package dev.keepsake.control;

/// The control plane cannot keep decisions at present. Not the caller's mistake, and it may be
/// tried again; the API answers it as a service that is not available. The message says whether
/// anything can have changed.
public final class ControlUnavailableException extends RuntimeException {
    public ControlUnavailableException(String message) {
        super(message);
    }
}
