package dev.keepsake.cli;

/// The options are wrong. The message is one line for people and names the option.
final class UsageException extends Exception {
    UsageException(String message, Throwable cause) {
        super(message, cause);
    }

    UsageException(String message) {
        super(message);
    }
}
