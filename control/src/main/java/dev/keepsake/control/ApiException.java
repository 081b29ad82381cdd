package dev.keepsake.control;

/// A call was refused, for a reason that its caller can act on. Nothing was changed.
public final class ApiException extends RuntimeException {
    private final Kind fault;

    ApiException(Kind fault, String message) {
        super(message);
        this.fault = fault;
    }

    /// What programs are told of a refusal: one of the `Fault`s.
    public interface Kind {
        /// The name on the wire, `__type`.
        String code();

        int httpStatus();
    }

    public Kind fault() {
        return fault;
    }
}
