package dev.keepsake.log.bookkeeper;

import static dev.keepsake.core.Checks.checkArgument;

/// How many bookies store each entry.
public record Quorum(int ensemble, int write, int ack) {
    public Quorum {
        checkArgument(
                ack >= 1 && ack <= write && write <= ensemble,
                "quorum %d/%d/%d is not ENSEMBLE/WRITE/ACK with ENSEMBLE >= WRITE >= ACK >= 1",
                ensemble,
                write,
                ack);
    }

    /// Three copies of each entry, of which two must be safe.
    public static Quorum standard() {
        return new Quorum(3, 3, 2);
    }

    /// Parses `ENSEMBLE/WRITE/ACK`, such as `3/3/2`.
    ///
    /// @throws IllegalArgumentException when the text has another form, or the numbers do not fit
    ///   together
    public static Quorum parse(String text) {
        var parts = text.split("/", -1);
        checkArgument(
                parts.length == 3 && text.matches("\\d{1,3}/\\d{1,3}/\\d{1,3}"),
                "%s is not a quorum; give ENSEMBLE/WRITE/ACK, such as 3/3/2",
                text);
        return new Quorum(
                Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
    }

    /// The smallest number of bookies that an acknowledgement needs. A ledger is created on so few
    /// while there are not enough for [#ensemble]. An acknowledged entry is on no fewer bookies
    /// than otherwise.
    Quorum least() {
        return new Quorum(ack, ack, ack);
    }
}
