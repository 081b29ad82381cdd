package dev.keepsake.drill;

/// The answers to one writer's increments of one counter. Owned by the writer; read by other
/// threads after it has stopped.
///
/// No other client writes the counter, so each reply must be greater than the one before. A smaller
/// one proves that increments which had been seen are lost. The final value alone would not show
/// this when increments of unknown outcome made up for the lost ones.
final class CounterLedger {
    private long acknowledged;
    private long unknown;
    private long lastReply;
    private long goneAgain;

    void acknowledge(long reply) {
        acknowledged++;
        goneAgain += stepsBack(reply - 1);
        lastReply = reply;
    }

    /// Records that an increment may or may not have been applied.
    void doubt() {
        unknown++;
    }

    /// Compares the counter with the value that was read back.
    Verdict verdict(long value) {
        long lost = Math.max(goneAgain + stepsBack(value), acknowledged - value);
        long tooMany = value - acknowledged - unknown;
        return new Verdict(acknowledged, Math.max(lost, 0), Math.max(tooMany, 0), 0, 0);
    }

    /// How many increments that had been seen are missing from a value.
    private long stepsBack(long value) {
        return Math.max(lastReply - value, 0);
    }
}
