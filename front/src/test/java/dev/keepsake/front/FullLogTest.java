package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FullLogTest {
    private static final long PATIENCE_NS = 100;

    private final FullLog log = new FullLog(PATIENCE_NS);

    @Test
    void nothingIsRefusedWhileThereIsRoom() {
        assertThat(log.refusal()).isNull();
        assertThat(log.endPatience(1_000_000)).isNull();
        assertThat(log.whyGivenUp()).isNull();
    }

    @Test
    void writesAreRefusedAtOnceAndRepliesAfterAWhile() {
        log.refuse("no room", 1_000);
        assertThat(log.refusal()).isEqualTo("MISCONF no room");
        assertThat(log.endPatience(1_099)).isNull();
        assertThat(log.whyGivenUp()).isNull();
        assertThat(log.endPatience(1_100))
                .isEqualTo(
                        "MISCONF no room; this reply depends on data that is not in the log yet,"
                                + " try again");
        assertThat(log.whyGivenUp()).isNotNull();
        assertThat(log.endPatience(1_200)).isNotNull(); // for replies that came since
    }

    @Test
    void theWaitStartsAgainForEachReason() {
        log.refuse("no room", 1_000);
        log.endPatience(1_100);
        log.refuse("another disk", 1_150);
        assertThat(log.whyGivenUp()).isNull();
        assertThat(log.endPatience(1_200)).isNull();
        assertThat(log.endPatience(1_250)).startsWith("MISCONF another disk");
    }

    @Test
    void everythingIsAcceptedAgainWhenThereIsRoom() {
        log.refuse("no room", 1_000);
        log.endPatience(1_100);
        log.refuse(null, 1_150);
        assertThat(log.refusal()).isNull();
        assertThat(log.whyGivenUp()).isNull();
        assertThat(log.endPatience(9_000)).isNull();
    }
}
