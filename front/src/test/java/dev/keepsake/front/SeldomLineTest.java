package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// A stranger cannot fill the disk with lines.
class SeldomLineTest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final SeldomLine line = new SeldomLine();

    @Test
    void theFirstTimeIsLoggedAtOnceWhateverTheClockShows() {
        assertThat(line.note(Long.MIN_VALUE)).isOne();
    }

    @Test
    void eventsWithinASecondAreLoggedTogether() {
        line.note(0);
        for (int i = 1; i <= 1000; i++) {
            assertThat(line.note(i)).isZero();
        }
        assertThat(line.note(SECOND_NS)).isEqualTo(1001);
        assertThat(line.note(2 * SECOND_NS)).isOne();
    }

    /// The clock of a process starts at any value, and may wrap.
    @Test
    void theClockMayPassItsEnd() {
        line.note(Long.MAX_VALUE - 10);
        assertThat(line.note(Long.MAX_VALUE - 5)).isZero();
        assertThat(line.note(Long.MIN_VALUE + 10)).isZero();
        assertThat(line.note(Long.MAX_VALUE - 10 + SECOND_NS)).isEqualTo(3);
    }
}
