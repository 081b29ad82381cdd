package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ListCheckTest {
    @Test
    void aListOfAllAcknowledgedNumbersInOrderIsIntact() {
        assertThat(judge(acknowledged(4), "0", "1", "2", "3"))
                .isEqualTo(new Verdict(4, 0, 0, 0, 0));
    }

    @Test
    void anAcknowledgedNumberThatIsGoneIsLost() {
        assertThat(judge(acknowledged(4), "0", "1", "3")).isEqualTo(new Verdict(4, 1, 0, 0, 0));
    }

    @Test
    void aTailThatIsGoneIsLost() {
        assertThat(judge(acknowledged(4), "0")).isEqualTo(new Verdict(4, 3, 0, 0, 0));
    }

    @Test
    void aNumberThatIsThereTwiceIsDuplicated() {
        assertThat(judge(acknowledged(3), "0", "1", "1", "2"))
                .isEqualTo(new Verdict(3, 0, 1, 0, 0));
    }

    @Test
    void aNumberBehindALaterOneIsReordered() {
        assertThat(judge(acknowledged(4), "0", "2", "1", "3"))
                .isEqualTo(new Verdict(4, 0, 0, 1, 0));
    }

    @Test
    void aNumberOfUnknownOutcomeMayBeThereOnceOrNotAtAll() {
        assertThat(judge(withUnknown(), "0", "2")).isEqualTo(new Verdict(2, 0, 0, 0, 0));
        assertThat(judge(withUnknown(), "0", "1", "2")).isEqualTo(new Verdict(2, 0, 0, 0, 0));
        assertThat(judge(withUnknown(), "0", "1", "1", "2")).isEqualTo(new Verdict(2, 0, 1, 0, 0));
    }

    @Test
    void aRefusedNumberThatIsThereIsUncalled() {
        var ledger = acknowledged(1);
        ledger.next();
        assertThat(judge(ledger, "0", "1")).isEqualTo(new Verdict(1, 0, 0, 0, 1));
    }

    @Test
    void whatWasNeverSentIsUncalled() {
        assertThat(judge(acknowledged(1), "0", "7", "-1", "x"))
                .isEqualTo(new Verdict(1, 0, 0, 0, 3));
    }

    private static Verdict judge(NumberLedger ledger, String... elements) {
        var check = new ListCheck(ledger);
        Stream.of(elements).forEach(check::found);
        return check.verdict();
    }

    private static NumberLedger acknowledged(int count) {
        var ledger = new NumberLedger();
        for (int i = 0; i < count; i++) {
            ledger.acknowledge(ledger.next());
        }
        return ledger;
    }

    /// 0 and 2 are acknowledged, 1 is not known.
    private static NumberLedger withUnknown() {
        var ledger = acknowledged(1);
        ledger.doubt(ledger.next());
        ledger.acknowledge(ledger.next());
        return ledger;
    }
}
