package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClientFactsTest {
    private static final long S = 1_000_000_000;

    private final ClientFacts facts = new ClientFacts();

    @Test
    void aCommandThatHasToWaitCountsOnce() {
        facts.onCommand("set");
        for (int i = 0; i < 3; i++) {
            facts.onCommand("get");
            assertThat(facts.value("cmd", 0)).isEqualTo("get");
            facts.onPutOff();
        }
        facts.onCommand("get");
        assertThat(facts.value("tot-cmds", 0)).isEqualTo(2L);
    }

    @Test
    void bytesAndCommandsAreCounted() {
        facts.onConnected(0);
        facts.onReceived(10, S);
        facts.onCommand("get");
        facts.onReceived(20, 3 * S);
        facts.onCommand("set");
        facts.onSent(5, 4 * S);
        assertThat(facts.value("tot-net-in", 9 * S)).isEqualTo(30L);
        assertThat(facts.value("tot-net-out", 9 * S)).isEqualTo(5L);
        assertThat(facts.value("tot-cmds", 9 * S)).isEqualTo(2L);
        assertThat(facts.value("cmd", 9 * S)).isEqualTo("set");
        assertThat(facts.value("age", 9 * S)).isEqualTo(9L);
        assertThat(facts.value("idle", 9 * S)).isEqualTo(5L);
        assertThat(facts.value("name", 9 * S)).isNull();
    }

    @Test
    void aClientHasNoLastCommandBeforeTheFirst() {
        assertThat(facts.value("cmd", 0)).isEqualTo("NULL");
    }

    @Test
    void aClientIsSilentWhenNothingWasSentOrReceivedForSoLong() {
        facts.onConnected(0);
        assertThat(facts.isSilent(5 * S, 5 * S)).isFalse();
        assertThat(facts.isSilent(5 * S, 5 * S + 1)).isTrue();
        facts.onSent(1, 5 * S);
        assertThat(facts.isSilent(5 * S, 9 * S)).isFalse();
    }

    @Test
    void theHardBoundHoldsAtOnceAndTheSoftOneAfterAWhile() {
        var limit = new ClientLimits.Output(100, 50, 10 * S);
        assertThat(facts.leavesTooMuch(limit, 101, 0)).isTrue();
        assertThat(facts.leavesTooMuch(limit, 60, 0)).isFalse();
        assertThat(facts.leavesTooMuch(limit, 60, 10 * S)).isFalse();
        assertThat(facts.leavesTooMuch(limit, 60, 10 * S + 1)).isTrue();
        assertThat(facts.leavesTooMuch(limit, 50, 11 * S)).isFalse();
        assertThat(facts.leavesTooMuch(limit, 60, 12 * S)).isFalse(); // the time starts again
    }
}
