package dev.keepsake.drill;

/// The result of reading back, in numbers of writes.
///
/// @param acknowledged writes whose acknowledgement a writer has received
/// @param lost acknowledged writes that are missing, or have another value
/// @param duplicated writes that are there more than once
/// @param reordered list elements that come after one that was appended later
/// @param uncalled list elements that were refused or never sent, but are there
public record Verdict(
        long acknowledged, long lost, long duplicated, long reordered, long uncalled) {
    public static final Verdict EMPTY = new Verdict(0, 0, 0, 0, 0);

    Verdict plus(Verdict other) {
        return new Verdict(
                acknowledged + other.acknowledged,
                lost + other.lost,
                duplicated + other.duplicated,
                reordered + other.reordered,
                uncalled + other.uncalled);
    }

    boolean isIntact() {
        return lost == 0 && duplicated == 0 && reordered == 0 && uncalled == 0;
    }
}
