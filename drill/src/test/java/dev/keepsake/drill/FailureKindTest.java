package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisClusterException;
import redis.clients.jedis.exceptions.JedisClusterOperationException;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisMovedDataException;

class FailureKindTest {
    @Test
    void errorRepliesSayThatNothingWasApplied() {
        var moved = new JedisMovedDataException("MOVED 1 h:1", new HostAndPort("h", 1), 1);
        assertThat(FailureKind.of(wrapped(moved))).isEqualTo(FailureKind.MOVED);
        assertThat(FailureKind.of(new JedisClusterException("CLUSTERDOWN The cluster is down")))
                .isEqualTo(FailureKind.CLUSTER_DOWN);
        assertThat(FailureKind.of(new JedisDataException("LOADING Redis is loading")))
                .isEqualTo(FailureKind.LOADING);
        assertThat(FailureKind.of(new JedisDataException("READONLY You can't write")))
                .isEqualTo(FailureKind.READ_ONLY);
        assertThat(FailureKind.of(new JedisDataException("ERR no")))
                .isEqualTo(FailureKind.ERROR_REPLY);
        assertThat(FailureKind.ERROR_REPLY.mayBeApplied()).isFalse();
    }

    @Test
    void aRefusedConnectionSaysThatNothingWasSent() {
        var refused = new JedisConnectionException("Failed to connect to h:1.");
        refused.addSuppressed(new ConnectException("Connection refused"));
        assertThat(FailureKind.of(wrapped(refused))).isEqualTo(FailureKind.CONNECTION_REFUSED);
        assertThat(FailureKind.CONNECTION_REFUSED.mayBeApplied()).isFalse();
    }

    @Test
    void aBrokenConnectionLeavesTheOutcomeUnknown() {
        var reset = new JedisConnectionException(new SocketException("Connection reset"));
        assertThat(FailureKind.of(wrapped(reset))).isEqualTo(FailureKind.CONNECTION_LOST);
        assertThat(FailureKind.CONNECTION_LOST.mayBeApplied()).isTrue();
    }

    @Test
    void aTimeoutLeavesTheOutcomeUnknown() {
        var timeout = new JedisConnectionException(new SocketTimeoutException("Read timed out"));
        assertThat(FailureKind.of(wrapped(timeout))).isEqualTo(FailureKind.TIMEOUT);
        assertThat(FailureKind.TIMEOUT.mayBeApplied()).isTrue();
    }

    @Test
    void whatNobodyExpectedLeavesTheOutcomeUnknown() {
        assertThat(FailureKind.of(new JedisException("Could not get a resource from the pool")))
                .isEqualTo(FailureKind.OTHER);
        assertThat(FailureKind.OTHER.mayBeApplied()).isTrue();
    }

    @Test
    void exceptionsThatPointAtEachOtherAreNoTrap() {
        var first = new IllegalStateException("first");
        var second = new IllegalStateException("second", first);
        first.initCause(second);
        assertThat(FailureKind.of(first)).isEqualTo(FailureKind.OTHER);
    }

    /// As the cluster client throws after its last attempt.
    private static JedisException wrapped(Throwable cause) {
        return new JedisClusterOperationException("No more cluster attempts left.", cause);
    }
}
