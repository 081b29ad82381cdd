package dev.keepsake.tests;

import static dev.keepsake.core.Checks.checkArgument;

import org.jspecify.annotations.Nullable;

/// A command that one client has sent, when, and what it was told. Times are of one monotonic
/// clock.
///
/// @param reply what the client was told, or null when it was told nothing: then the command may
///   take effect at any time after it was sent, or never
/// @param returnedNs when the reply was there; `Long.MAX_VALUE` without one
record Operation(
        String client,
        KeyCommand command,
        long invokedNs,
        long returnedNs,
        @Nullable String reply) {
    Operation {
        checkArgument(
                invokedNs <= returnedNs,
                "%s was answered at %d, before it was sent at %d",
                command,
                returnedNs,
                invokedNs);
        checkArgument(
                (reply == null) == (returnedNs == Long.MAX_VALUE),
                "%s must have both a reply and its time, or neither",
                command);
    }

    static Operation replied(
            String client, KeyCommand command, long invokedNs, long returnedNs, String reply) {
        return new Operation(client, command, invokedNs, returnedNs, reply);
    }

    static Operation unknown(String client, KeyCommand command, long invokedNs) {
        return new Operation(client, command, invokedNs, Long.MAX_VALUE, null);
    }

    boolean isKnown() {
        return reply != null;
    }

    @Override
    public String toString() {
        return isKnown()
                ? "%s %s -> %s (%d to %d)".formatted(client, command, reply, invokedNs, returnedNs)
                : "%s %s without a reply (from %d)".formatted(client, command, invokedNs);
    }
}
