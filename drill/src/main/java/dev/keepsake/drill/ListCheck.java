package dev.keepsake.drill;

import java.util.BitSet;

/// Checks one writer's list, element by element from its head. Every acknowledged number must be
/// there once and in order. A number of unknown outcome may be there once.
final class ListCheck {
    private final NumberLedger ledger;
    private final BitSet seen = new BitSet();
    private long duplicated;
    private long reordered;
    private long uncalled;
    private int highest = -1;

    ListCheck(NumberLedger ledger) {
        this.ledger = ledger;
    }

    void found(String element) {
        int number = parse(element);
        if (number < 0 || !(ledger.isAcknowledged(number) || ledger.isUnknown(number))) {
            uncalled++;
            return;
        }
        if (seen.get(number)) {
            duplicated++;
            return;
        }
        seen.set(number);
        if (number < highest) {
            reordered++;
        }
        highest = Math.max(highest, number);
    }

    /// The verdict about the elements so far, taken as the whole list.
    Verdict verdict() {
        long acknowledged = 0;
        long lost = 0;
        for (int number = 0; number < ledger.sent(); number++) {
            if (ledger.isAcknowledged(number)) {
                acknowledged++;
                lost += seen.get(number) ? 0 : 1;
            }
        }
        return new Verdict(acknowledged, lost, duplicated, reordered, uncalled);
    }

    private static int parse(String element) {
        try {
            return Integer.parseInt(element);
        } catch (NumberFormatException nothingThatWasSent) {
            return -1;
        }
    }
}
