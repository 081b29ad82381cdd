package dev.keepsake.control;

/// The control plane cannot store decisions at present. This is not the caller's mistake, and the
/// call may be repeated; the API answers that the service is unavailable. The message says whether
/// anything can have changed.
public final class ControlUnavailableException extends RuntimeException {
    public ControlUnavailableException(String message) {
        super(message);
    }
}
