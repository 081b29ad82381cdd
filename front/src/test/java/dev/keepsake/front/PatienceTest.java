package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How long replies wait for a log without room.
class PatienceTest {
    @ParameterizedTest
    @CsvSource({
        "GET b, LIMITED",
        "MGET b {b}2, LIMITED",
        "PFCOUNT b, ENDLESS",
        "DBSIZE, LIMITED",
        "PUBLISH c m, ENDLESS",
        "SET b v, ENDLESS",
        "EVAL x 0, ENDLESS",
        "EXEC, ENDLESS",
        "BLPOP b 0, ENDLESS",
        "PING, NONE",
        "CLIENT TRACKINGINFO, NONE",
        "SLOWLOG LEN, LIMITED",
        "CONFIG SET hz 20, ENDLESS"
    })
    void aReplyToAPossibleChangeWaitsWithoutEnd(String command, Patience patience) {
        assertThat(Patience.of(Commands.of(command.split(" ", -1)).spec())).isEqualTo(patience);
    }

    @Test
    void theLongerOfTwoPatiencesApplies() {
        assertThat(Patience.LIMITED.orLonger(Patience.ENDLESS)).isEqualTo(Patience.ENDLESS);
        assertThat(Patience.ENDLESS.orLonger(Patience.NONE)).isEqualTo(Patience.ENDLESS);
        assertThat(Patience.NONE.orLonger(Patience.LIMITED)).isEqualTo(Patience.LIMITED);
        assertThat(Patience.NONE.orLonger(Patience.NONE)).isEqualTo(Patience.NONE);
    }
}
