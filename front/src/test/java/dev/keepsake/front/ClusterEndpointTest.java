package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.core.PortLease;
import dev.keepsake.engine.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The address of a cluster, at which any of its nodes may answer.
class ClusterEndpointTest {
    private final List<NodeFront> serving = new CopyOnWriteArrayList<>();
    private final PortLease ports = PortLease.take(1, RandomGenerator.getDefault());
    private Transport transport;
    private ClusterEndpoint endpoint;
    @AutoClose private final TestFront primary = new TestFront();
    @AutoClose private final TestFront replica = TestFront.replica();
    private InetSocketAddress address;

    @BeforeEach
    void start() throws Exception {
        transport = Transport.best(1);
        primary.serveDurably();
        replica.serveAsReplica();
        endpoint =
                new ClusterEndpoint(
                        transport.group().next(), transport, () -> List.copyOf(serving));
        address = new InetSocketAddress(InetAddress.getLoopbackAddress(), ports.first());
        endpoint.bind(address).get(60, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws Exception {
        endpoint.close();
        transport.close();
        ports.close();
    }

    private String whoAnswers() throws Exception {
        try (var client = new SocketClient(address)) {
            return client.ask("CLUSTER MYID");
        }
    }

    @Test
    void nodesTakeTurns() throws Exception {
        serving.addAll(List.of(primary.front, replica.front));
        var answers = new ArrayList<String>();
        for (int i = 0; i < 4; i++) {
            answers.add(whoAnswers());
        }
        assertThat(answers.subList(0, 2))
                .containsExactlyInAnyOrder("$5 id-n1", "$13 id-n1-replica");
        assertThat(answers.subList(2, 4)).isEqualTo(answers.subList(0, 2));
    }

    @Test
    void aNodeThatDoesNotServeIsPassedOver() throws Exception {
        serving.add(replica.front);
        assertThat(List.of(whoAnswers(), whoAnswers())).containsOnly("$13 id-n1-replica");
    }

    /// The client connects again, instead of waiting for an answer that never comes.
    @Test
    void aConnectionIsClosedWhenNoNodeServes() throws Exception {
        try (var client = new SocketClient(address)) {
            assertThat(client.read()).isEqualTo(SocketClient.CLOSED);
        }
        serving.add(primary.front);
        assertThat(whoAnswers()).isEqualTo("$5 id-n1");
    }

    @Test
    void theAddressIsFreeAgainOnceItHasClosed() throws Exception {
        serving.add(primary.front);
        try (var client = new SocketClient(address)) {
            assertThat(client.ask("PING")).isEqualTo("+PONG");
            endpoint.closeListener().get(60, TimeUnit.SECONDS);
            endpoint.closeListener().get(60, TimeUnit.SECONDS);
            assertThat(client.ask("PING")).as("the connection stays").isEqualTo("+PONG");
            endpoint.bind(address).get(60, TimeUnit.SECONDS);
            assertThat(whoAnswers()).isEqualTo("$5 id-n1");
        }
    }

    @Test
    void bindingAnAddressThatIsTakenFails() throws Exception {
        try (var other =
                new ClusterEndpoint(transport.group().next(), transport, () -> List.of())) {
            assertThatThrownBy(() -> other.bind(address).get(60, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class);
        }
    }
}
