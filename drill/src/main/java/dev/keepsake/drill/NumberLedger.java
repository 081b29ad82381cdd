package dev.keepsake.drill;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.BitSet;

/// The outcomes of the numbers 0, 1, 2 … that one writer sent: acknowledged, unknown or refused. It
/// needs two bits for each number. Owned by the writer; read by other threads after it has stopped.
final class NumberLedger {
    private final BitSet acknowledged = new BitSet();
    private final BitSet unknown = new BitSet();
    private int sent;

    /// The next number to send. It counts as refused until it is acknowledged or doubted.
    int next() {
        return sent++;
    }

    void acknowledge(int number) {
        check(number);
        acknowledged.set(number);
    }

    /// Records that the number may or may not have been applied.
    void doubt(int number) {
        check(number);
        unknown.set(number);
    }

    int sent() {
        return sent;
    }

    boolean isAcknowledged(int number) {
        return acknowledged.get(number);
    }

    boolean isUnknown(int number) {
        return unknown.get(number);
    }

    private void check(int number) {
        checkArgument(
                number >= 0 && number < sent && !acknowledged.get(number) && !unknown.get(number),
                "number %d of %d sent ones has two outcomes or was not sent",
                number,
                sent);
    }
}
