package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NumberLedgerTest {
    private final NumberLedger ledger = new NumberLedger();

    @Test
    void aNumberThatIsNeitherAcknowledgedNorDoubtedIsRefused() {
        int number = ledger.next();
        assertThat(ledger.isAcknowledged(number)).isFalse();
        assertThat(ledger.isUnknown(number)).isFalse();
        assertThat(ledger.sent()).isEqualTo(1);
    }

    @Test
    void aNumberIsSettledOnlyOnce() {
        int number = ledger.next();
        ledger.doubt(number);
        assertThatThrownBy(() -> ledger.acknowledge(number)).hasMessageContaining("two outcomes");
        assertThatThrownBy(() -> ledger.acknowledge(7)).hasMessageContaining("was not sent");
    }
}
