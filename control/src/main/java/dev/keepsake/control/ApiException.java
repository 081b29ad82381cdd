package dev.keepsake.control;

/// A call was refused, for a reason that its caller can act on. Nothing was changed.
public final class ApiException extends RuntimeException {
    private final Fault fault;

    ApiException(Fault fault, String message) {
        super(message);
        this.fault = fault;
    }

    public Fault fault() {
        return fault;
    }
}
