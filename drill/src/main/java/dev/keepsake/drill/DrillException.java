package dev.keepsake.drill;

/// The drill cannot continue, which says nothing about the database's data. The message is one line
/// for people.
public final class DrillException extends Exception {
    DrillException(String message, Throwable cause) {
        super(message, cause);
    }

    DrillException(String message) {
        super(message);
    }
}
