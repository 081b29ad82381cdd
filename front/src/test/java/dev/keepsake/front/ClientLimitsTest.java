package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Redis's own limits: the defaults of `client-output-buffer-limit` and `timeout`.
class ClientLimitsTest {
    private static final long MIB = 1L << 20;

    private final ClientFacts facts = new ClientFacts();

    private boolean leavesTooMuch(ClientLimits.Output limit, long mib, long second) {
        return facts.leavesTooMuch(limit, mib * MIB, TimeUnit.SECONDS.toNanos(second));
    }

    /// The node has other bounds for these clients.
    @Test
    void aClientThatAsksMayLeaveAnyAmountUnsent() {
        var limit = ClientLimits.STANDARD.clients();
        assertThat(leavesTooMuch(limit, 1 << 20, 0)).isFalse();
        assertThat(leavesTooMuch(limit, 1 << 20, 1_000_000)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"33, 0, true", "32, 0, false", "9, 60, false", "9, 61, true", "8, 1000, false"})
    void aSubscriberMayLeave32MiBUnsentOr8ForAMinute(long mib, long seconds, boolean tooMuch) {
        var limit = ClientLimits.STANDARD.subscribers();
        leavesTooMuch(limit, Math.min(mib, 32), 0);
        assertThat(leavesTooMuch(limit, mib, seconds)).isEqualTo(tooMuch);
    }

    /// The client read enough in between.
    @Test
    void theMinuteStartsAgainWhenTheClientHasRead() {
        var limit = ClientLimits.STANDARD.subscribers();
        leavesTooMuch(limit, 9, 0);
        leavesTooMuch(limit, 1, 50);
        assertThat(leavesTooMuch(limit, 9, 70)).isFalse();
        assertThat(leavesTooMuch(limit, 9, 131)).isTrue();
    }
}
