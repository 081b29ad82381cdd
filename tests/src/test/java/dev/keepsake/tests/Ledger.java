package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/// What became of the numbers that one client has sent, each of them once. Owned by that client
/// until it has ended.
final class Ledger {
    private enum Fate {
        UNKNOWN,
        REFUSED,
        ACKNOWLEDGED
    }

    private final List<Fate> fates = new ArrayList<>();

    /// The next number to send.
    int next() {
        fates.add(Fate.UNKNOWN);
        return fates.size() - 1;
    }

    /// Notes what the client was told of a number.
    ///
    /// @return whether it is acknowledged
    boolean settle(int number, Answer answer) {
        fates.set(
                number,
                switch (answer) {
                    case Answer.Reply(String text) -> {
                        assertThat(text).as("the reply to number %d", number).doesNotStartWith("-");
                        yield Fate.ACKNOWLEDGED;
                    }
                    case Answer.Refused _ -> Fate.REFUSED;
                    case Answer.Unknown _ -> Fate.UNKNOWN;
                });
        return fates.get(number) == Fate.ACKNOWLEDGED;
    }

    /// The numbers found must be in the order in which they were sent, none of them twice, with all
    /// that were acknowledged and without any that was refused.
    ///
    /// @param meant which numbers could be there
    void assertExplains(String where, List<Integer> found, IntPredicate meant) {
        var there = new BitSet();
        int last = -1;
        for (int number : found) {
            assertThat(number).as("what stands behind %d in %s", last, where).isGreaterThan(last);
            there.set(number);
            last = number;
        }
        var lost = new ArrayList<Integer>();
        var invented = new ArrayList<Integer>();
        for (int number = 0; number < Math.max(fates.size(), there.length()); number++) {
            var fate =
                    number < fates.size() && meant.test(number) ? fates.get(number) : Fate.REFUSED;
            if (fate == Fate.ACKNOWLEDGED && !there.get(number)) {
                lost.add(number);
            }
            if (fate == Fate.REFUSED && there.get(number)) {
                invented.add(number);
            }
        }
        assertThat(lost).as("acknowledged and lost from %s", where).isEmpty();
        assertThat(invented).as("refused, and yet in %s", where).isEmpty();
    }

    /// As many must have been counted as were acknowledged, and may be as were not refused.
    void assertExplains(String where, long count, IntPredicate meant) {
        assertThat(count)
                .as(where)
                .isBetween(
                        count(meant, fate -> fate == Fate.ACKNOWLEDGED),
                        count(meant, fate -> fate != Fate.REFUSED));
    }

    private long count(IntPredicate meant, Predicate<Fate> counts) {
        long count = 0;
        for (int number = 0; number < fates.size(); number++) {
            if (meant.test(number) && counts.test(fates.get(number))) {
                count++;
            }
        }
        return count;
    }

    /// How many numbers were sent.
    int size() {
        return fates.size();
    }

    int unknown() {
        return (int) count(_ -> true, fate -> fate == Fate.UNKNOWN);
    }
}
