package dev.keepsake.control;

/// The refusal of a call, for a reason that the caller can act on. Nothing was changed.
public final class ApiException extends RuntimeException {
    private final Kind fault;

    ApiException(Kind fault, String message) {
        super(message);
        this.fault = fault;
    }

    /// The reason of a refusal as programs see it: one of the `Fault`s.
    public interface Kind {
        /// The name on the wire, in `__type`.
        String code();

        int httpStatus();
    }

    public Kind fault() {
        return fault;
    }
}
