package dev.keepsake.drill;

/// A write of the drill that was not acknowledged.
final class WriteFailedException extends Exception {
    private final FailureKind kind;

    WriteFailedException(FailureKind kind, Throwable cause) {
        super(kind.label(), cause);
        this.kind = kind;
    }

    FailureKind kind() {
        return kind;
    }
}
