package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.shard.HoldRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrontOptionsTest {
    private static final int MIB = 1 << 20;

    private static ProtocolLimits limits(int maxBulkBytes) {
        return new ProtocolLimits(64 << 10, 1 << 20, maxBulkBytes);
    }

    private static FrontOptions of(int maxBulk, int connections, int output, long total) {
        return FrontOptions.of(limits(maxBulk), connections, MIB, output, total);
    }

    /// There has to be room for the largest value, and for what stands beside it.
    @ParameterizedTest
    @CsvSource({"1, 65", "64, 128", "100, 200", "128, 256", "512, 640"})
    void aClientMayLeaveTheLargestValueUnreadAndALittleMore(int valueMib, int outputMib) {
        assertThat(FrontOptions.maxOutputBytes(limits(valueMib * MIB))).isEqualTo(outputMib * MIB);
    }

    /// A unit of replication that does not fit into the log could never become durable.
    @Test
    void aUnitOfReplicationMayBeLongerThanWhatClientsSend() {
        var options = FrontOptions.standard();
        assertThat(options.maxUnitBytes())
                .isGreaterThan(options.maxTransactionBytes())
                .isPositive();
        assertThat(options.maxTransactionBytes()).isGreaterThan(options.limits().maxBulkBytes());
    }

    @Test
    void boundsWithoutRoomForOneReplyAreRefused() {
        assertThatThrownBy(() -> of(MIB, 10, MIB, MIB))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("less than one reply of 1048576");
        assertThatThrownBy(() -> of(MIB, 10, 2 * MIB, MIB))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1048576 bytes unsent, and one alone 2097152");
        assertThatThrownBy(() -> of(MIB, 0, 2 * MIB, 2 * MIB))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anotherPatienceOrRuleChangesNothingElse() {
        var options = of(MIB, 10, 2 * MIB, 4 * MIB);
        var other = options.waitingForRoom(7).holding(HoldRule.NOTHING);
        assertThat(other.fullLogPatienceMs()).isEqualTo(7);
        assertThat(other.hold()).isEqualTo(HoldRule.NOTHING);
        assertThat(other.waitingForRoom(FrontOptions.FULL_LOG_PATIENCE_MS).holding(HoldRule.ALL))
                .isEqualTo(options);
    }
}
