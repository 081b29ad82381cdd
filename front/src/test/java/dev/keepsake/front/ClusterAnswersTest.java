package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.core.SlotRange;
import dev.keepsake.resp.RespValue;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterAnswersTest {
    private static final String NAMED = "nodes.example";
    private final ClusterAnswers answers = new ClusterAnswers("n1");

    @Test
    void aNodeWithoutAHostNameIsShownByItsAddress() {
        var topology = topology(null, TopologyNode.Health.ONLINE);
        assertThat(shown(out -> answers.slots(topology, 2, out)))
                .startsWith("[[0 8191 [10.0.0.1 6379 id1 []] [10.0.0.2 6379 id2 []]] [8192 16383 ");
        assertThat(answers.nodes(topology).lines().findFirst())
                .hasValueSatisfying(line ->
                        assertThat(line).startsWith("id1 10.0.0.1:6379@16379 myself,master "));
        assertThat(shown(out -> answers.shards(topology, 2, false, false, node -> 7, out)))
                .contains("[id id1 port 6379 ip 10.0.0.1 endpoint 10.0.0.1 role master ");
    }

    @Test
    void aHostNameIsTheEndpointAndTheAddressIsMetadata() {
        var topology = topology(NAMED, TopologyNode.Health.ONLINE);
        assertThat(shown(out -> answers.slots(topology, 2, out)))
                .startsWith(
                        "[[0 8191 [nodes.example 6379 id1 [ip 10.0.0.1]] [nodes.example 6379 id2 ");
        assertThat(answers.nodes(topology))
                .startsWith("id1 10.0.0.1:6379@16379,nodes.example myself,master ");
        assertThat(shown(out -> answers.shards(topology, 2, true, false, node -> 7, out)))
                .contains(
                        "[id id1 tls-port 6379 ip 10.0.0.1 endpoint nodes.example hostname"
                                + " nodes.example role master ");
    }

    @Test
    void theMetadataOfANodeIsAMapInResp3() {
        var out = Unpooled.buffer();
        answers.slots(topology(NAMED, TopologyNode.Health.ONLINE), 3, out);
        assertThat(out.toString(java.nio.charset.StandardCharsets.US_ASCII))
                .contains("%1\r\n$2\r\nip\r\n$8\r\n10.0.0.1\r\n");
    }

    @Test
    void eachNodeHasItsOwnOffsetAndHealth() {
        var topology = topology(null, TopologyNode.Health.LOADING);
        assertThat(
                        shown(out ->
                                answers.shards(
                                        topology,
                                        2,
                                        false,
                                        false,
                                        node -> Long.parseLong(node.id().substring(2)) * 100,
                                        out)))
                .contains("role master replication-offset 100 health online")
                .contains("role replica replication-offset 200 health online")
                .contains("role master replication-offset 300 health loading");
    }

    @ParameterizedTest
    @CsvSource({"ONLINE,  ok,   16384, 0", "LOADING, fail, 16384, 0", "FAILED,  fail, 8192,  8192"})
    void theClusterFailsWhileTheSlotsOfAShardAreNotServed(
            TopologyNode.Health health, String state, int slotsOk, int slotsFailed) {
        assertThat(answers.info(topology(null, health)))
                .contains(
                        "cluster_state:%s\r\n".formatted(state),
                        "cluster_slots_assigned:16384\r\n",
                        "cluster_slots_ok:%d\r\n".formatted(slotsOk),
                        "cluster_slots_fail:%d\r\n".formatted(slotsFailed));
    }

    @Test
    void aClusterWithoutShardsFails() {
        assertThat(answers.info(new Topology(0, List.of())))
                .contains("cluster_state:fail\r\n", "cluster_slots_assigned:0\r\n");
    }

    // ---- as in `clusterGenNodesDescription` and `clusterCommand`

    @Test
    void aNodeIsDescribedByItsRoleItsPrimaryAndItsSlots() {
        var topology = topology(null, TopologyNode.Health.FAILED);
        assertThat(answers.nodes(topology))
                .isEqualTo(
                        """
                        id1 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-8191
                        id2 10.0.0.2:6379@16379 slave id1 0 0 1 connected
                        id3 10.0.0.3:6379@16379 master,fail - 0 0 1 disconnected 8192-16383
                        """);
    }

    /// There is no bus, and no port after the last one.
    @Test
    void theBusHasAPortThatExists() {
        var node =
                new TopologyNode(
                        "n1",
                        "id1",
                        "10.0.0.1",
                        null,
                        60_000,
                        TopologyNode.Role.PRIMARY,
                        TopologyNode.Health.ONLINE);
        var shard = new TopologyShard("0001", "s", SlotRange.parse("0-16383"), node, List.of());
        assertThat(answers.nodes(new Topology(1, List.of(shard)))).contains(":60000@65535 ");
    }

    /// Clients would send it the reads that replicas may answer.
    @Test
    void aReplicaThatHasFailedIsNotAmongTheSlots() {
        var topology = withReplica(TopologyNode.Health.FAILED);
        assertThat(shown(out -> answers.slots(topology, 2, out)))
                .isEqualTo("[[0 16383 [10.0.0.1 6379 id1 []]]]");
        assertThat(shown(out -> answers.shards(topology, 2, false, false, node -> 7, out)))
                .contains("role replica replication-offset 7 health fail");
        assertThat(answers.onlineReplicas(topology)).isZero();
    }

    @Test
    void aReplicaThatLoadsIsNotCountedAsServing() {
        var topology = withReplica(TopologyNode.Health.LOADING);
        assertThat(answers.onlineReplicas(topology)).isZero();
        assertThat(shown(out -> answers.slots(topology, 2, out))).contains("id2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    id1 | [id2 10.0.0.2:6379@16379 slave id1 0 0 1 connected]
                    id3 | []
                    id2 | ErrorReply[text=ERR The specified node is not a master]
                    nosuch | ErrorReply[text=ERR Unknown node nosuch]
                    """)
    void onlyPrimariesHaveReplicas(String id, String told) {
        var topology = topology(null, TopologyNode.Health.ONLINE);
        assertThat(shown(out -> answers.replicas(topology, id, out))).isEqualTo(told);
    }

    /// Better than an answer in the name of another node.
    @Test
    void aNodeThatIsInNoShardCannotAnswer() {
        var stranger = new ClusterAnswers("n9");
        assertThatThrownBy(() -> stranger.myself(topology(null, TopologyNode.Health.ONLINE)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("n9");
    }

    private static Topology withReplica(TopologyNode.Health health) {
        var shard =
                new TopologyShard(
                        "0001",
                        "shard1",
                        SlotRange.parse("0-16383"),
                        node(1, null, TopologyNode.Role.PRIMARY, TopologyNode.Health.ONLINE),
                        List.of(node(2, null, TopologyNode.Role.REPLICA, health)));
        return new Topology(1, List.of(shard));
    }

    /// Two shards; the first has a replica, the second a primary with this health.
    private static Topology topology(@Nullable String hostName, TopologyNode.Health second) {
        var online = TopologyNode.Health.ONLINE;
        return new Topology(
                1,
                List.of(
                        new TopologyShard(
                                "0001",
                                "shard1",
                                SlotRange.parse("0-8191"),
                                node(1, hostName, TopologyNode.Role.PRIMARY, online),
                                List.of(node(2, hostName, TopologyNode.Role.REPLICA, online))),
                        new TopologyShard(
                                "0002",
                                "shard2",
                                SlotRange.parse("8192-16383"),
                                node(3, hostName, TopologyNode.Role.PRIMARY, second),
                                List.of())));
    }

    private static TopologyNode node(
            int number,
            @Nullable String hostName,
            TopologyNode.Role role,
            TopologyNode.Health health) {
        return new TopologyNode(
                "n" + number, "id" + number, "10.0.0." + number, hostName, 6379, role, health);
    }

    private static String shown(Consumer<ByteBuf> answer) {
        var out = Unpooled.buffer();
        answer.accept(out);
        return show(RespValue.decode(out));
    }

    private static String show(RespValue value) {
        if (value instanceof RespValue.ArrayReply(List<RespValue> items)) {
            var shown = new ArrayList<String>();
            items.forEach(item -> shown.add(show(item)));
            return "[" + String.join(" ", shown) + "]";
        }
        return switch (value) {
            case RespValue.Bulk bulk -> bulk.utf8();
            case RespValue.IntegerReply(long number) -> Long.toString(number);
            default -> value.toString();
        };
    }
}
