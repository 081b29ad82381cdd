package dev.keepsake.core;

import com.google.errorprone.annotations.FormatMethod;

/// Checks that stay on in production. Messages are `String.format` patterns and name what was
/// found.
public final class Checks {
    private Checks() {}

    /// Checks an argument of a call.
    ///
    /// @throws IllegalArgumentException when `holds` is false
    @FormatMethod
    public static void checkArgument(boolean holds, String message, Object... found) {
        if (!holds) {
            throw new IllegalArgumentException(message.formatted(found));
        }
    }

    /// Checks that an object is in the state that a call needs.
    ///
    /// @throws IllegalStateException when `holds` is false
    @FormatMethod
    public static void checkState(boolean holds, String message, Object... found) {
        if (!holds) {
            throw new IllegalStateException(message.formatted(found));
        }
    }
}
