package dev.keepsake.log.bookkeeper;

import static dev.keepsake.core.Checks.checkArgument;

/// How many bookies hold what.
///
/// @param ensemble how many bookies a ledger is spread over
/// @param write how many of them every entry is sent to
/// @param ack how many of them must have forced an entry before it counts as durable; `ack - 1`
///   bookies can be lost for good without losing an acknowledged entry
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

    /// Reads `ENSEMBLE/WRITE/ACK`, such as `3/3/2`.
    public static Quorum parse(String text) {
        var parts = text.split("/", -1);
        checkArgument(
                parts.length == 3 && text.matches("\\d{1,3}/\\d{1,3}/\\d{1,3}"),
                "%s is no quorum; give ENSEMBLE/WRITE/ACK, such as 3/3/2",
                text);
        return new Quorum(
                Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
    }

    /// As few bookies as an acknowledgement needs: what a ledger is begun on while not enough for
    /// [#ensemble] are there. An acknowledged entry is on no fewer bookies than otherwise.
    Quorum least() {
        return new Quorum(ack, ack, ack);
    }
}
