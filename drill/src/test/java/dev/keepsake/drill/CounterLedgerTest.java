package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CounterLedgerTest {
    private final CounterLedger counter = new CounterLedger();

    @Test
    void aCounterThatStandsAtItsAcknowledgementsIsIntact() {
        replies(1, 2, 3);
        assertThat(counter.verdict(3)).isEqualTo(new Verdict(3, 0, 0, 0, 0));
    }

    @Test
    void incrementsOfUnknownOutcomeMayCountOrNot() {
        replies(1, 2);
        counter.doubt();
        assertThat(counter.verdict(2).isIntact()).isTrue();
        assertThat(counter.verdict(3).isIntact()).isTrue();
    }

    @Test
    void aCounterBelowItsAcknowledgementsLostTheDifference() {
        replies(1, 2, 3);
        assertThat(counter.verdict(1)).isEqualTo(new Verdict(3, 2, 0, 0, 0));
    }

    @Test
    void aCounterAboveEverythingSentCountedSomethingTwice() {
        replies(1, 2);
        counter.doubt();
        assertThat(counter.verdict(5)).isEqualTo(new Verdict(2, 0, 2, 0, 0));
    }

    @Test
    void aReplyThatGoesBackTellsOfLossEvenWhenTheFinalValueLooksRight() {
        replies(1, 2, 3);
        counter.doubt();
        counter.doubt();
        replies(2, 3); // 3 was seen; a next reply of 2 means that two of the three are gone.
        assertThat(counter.verdict(5)).isEqualTo(new Verdict(5, 2, 0, 0, 0));
    }

    @Test
    void aReplyThatRepeatsTheLastOneTellsOfOneLoss() {
        replies(1, 2, 2);
        assertThat(counter.verdict(2)).isEqualTo(new Verdict(3, 1, 0, 0, 0));
    }

    @Test
    void aFinalValueBelowTheLastReplyTellsOfLoss() {
        counter.doubt();
        replies(2);
        assertThat(counter.verdict(1)).isEqualTo(new Verdict(1, 1, 0, 0, 0));
    }

    private void replies(long... values) {
        for (long value : values) {
            counter.acknowledge(value);
        }
    }
}
