package dev.keepsake.drill;

/// What one writer's increments of one counter were answered. Owned by the writer; read by others
/// once it has stopped.
///
/// Nobody else writes to the counter, so each reply must be greater than the one before. A reply
/// that is not tells of increments that were seen and are gone; final values alone would miss it
/// when increments of unknown outcome made up for them.
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

    /// Notes that an increment may or may not have been applied.
    void doubt() {
        unknown++;
    }

    /// Judges the counter by the value that was read back.
    Verdict verdict(long value) {
        long lost = Math.max(goneAgain + stepsBack(value), acknowledged - value);
        long tooMany = value - acknowledged - unknown;
        return new Verdict(acknowledged, Math.max(lost, 0), Math.max(tooMany, 0), 0, 0);
    }

    /// How many increments that were seen before are missing from a value.
    private long stepsBack(long value) {
        return Math.max(lastReply - value, 0);
    }
}
