package dev.keepsake.log.bookkeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepsake.core.Term;
import dev.keepsake.log.CorruptLogException;
import dev.keepsake.log.Tail;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerListTest {
    private static final LedgerRef ONE = new LedgerRef(7, new Term(1), "a", Tail.EMPTY, -1);
    private static final LedgerRef TWO =
            new LedgerRef(9, new Term(2), "b\tc\n%ü", new Tail(4, new Term(1), "a", 3, 100), 2);
    private static final LedgerRef THREE =
            new LedgerRef(8, new Term(2), "b", new Tail(9, new Term(2), "b", 5, 150), 4);

    @Test
    void aListReadsAsItWasWritten() throws CorruptLogException {
        var list = new LedgerList(3, List.of(ONE, TWO, THREE), List.of(5L, 6L));
        assertThat(LedgerList.decode("/l", 3, list.encode())).isEqualTo(list);
        assertThat(LedgerList.decode("/l", 1, LedgerList.empty(1).encode()))
                .isEqualTo(LedgerList.empty(1));
    }

    @Test
    void aNodeWithoutDataIsALogThatNobodyHasLed() throws CorruptLogException {
        var list = LedgerList.decode("/l", 0, new byte[0]);
        assertThat(list).isEqualTo(LedgerList.empty(0));
        assertThat(list.term()).isEqualTo(Term.NONE);
        assertThat(list.newestId()).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "keepsake-log 2\n",
                "keepsake-log 1",
                "keepsake-log 1\nledger\t1\n",
                "keepsake-log 1\ndoomed\tx\n",
                "keepsake-log 1\nwhatever\t1\n",
                "something else"
            })
    void whatIsNoListIsRefusedByName(String data) {
        assertThatExceptionOfType(CorruptLogException.class)
                .isThrownBy(() -> LedgerList.decode("/the/log", 1, data.getBytes(UTF_8)))
                .withMessageContaining("/the/log");
    }

    @Test
    void trimmingTakesWholeLedgersAndNeverTheNewest() {
        var list = new LedgerList(3, List.of(ONE, TWO, THREE), List.of(5L));
        assertThat(list.trimmed(0)).isEqualTo(list);
        assertThat(list.trimmed(4)).isEqualTo(list);
        assertThat(list.trimmed(5))
                .isEqualTo(new LedgerList(3, List.of(TWO, THREE), List.of(5L, 7L)));
        assertThat(list.trimmed(Long.MAX_VALUE))
                .isEqualTo(new LedgerList(3, List.of(THREE), List.of(5L, 7L, 9L)));
        assertThat(list.trimmed(10).withoutDoomed(List.of(5L, 9L)).doomed()).containsExactly(7L);
    }

    @Test
    void aListIsFullBeforeZooKeeperRefusesIt() {
        var list = LedgerList.empty(0);
        var ledger = new LedgerRef(1, new Term(2), "ü".repeat(127), TWO.before(), 2);
        while (!list.isFull()) {
            list = list.plus(ledger);
        }
        assertThat(list.plus(ledger).encode()).hasSizeLessThan((1 << 20) - 1);
    }
}
