package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/// What happens when there are no ports for what is asked for: it is refused, and what was accepted
/// comes to an end all the same.
class PortRoomTest {
    private static final int FIRST = 7000;
    private static final int LAST = 7005;

    private final MemoryControl control = new MemoryControl(1, StatusPace.INSTANT, FIRST, LAST);
    private final SplittableRandom random = new SplittableRandom(1);

    @Test
    void aClusterIsRefusedWhenThePortsOfThoseBeforeItLeaveTooFew() {
        create("a", 6379, 2); // its endpoint is outside of the range: 3 of 6
        assertRefused(
                Fault.INSUFFICIENT_CLUSTER_CAPACITY,
                () -> create("b", 6379, 2), // 6379 is promised, so 4 of 3
                "1 ports are missing",
                "--node-ports");
        create("b", 6380, 2);
        assertRefused(Fault.INSUFFICIENT_CLUSTER_CAPACITY, () -> create("c", 6381, 0), "1 ports");
    }

    @Test
    void portsOfOthersAndPortsThatClustersHaveDoNotCount() {
        control.portsOfOthers.add(7005);
        var id = create("a", 7000, 1).spec().id();
        control.decide(plane -> plane.endpointsAssigned(id, endpoints(id), control.now));
        assertRefused(Fault.INSUFFICIENT_CLUSTER_CAPACITY, () -> create("b", 6379, 2), "1 ports");
        create("b", 6379, 1);
    }

    @Test
    void aPortThatWasAskedForAndIsTakenIsRefused() {
        control.portsOfOthers.add(6380);
        assertPortRefused(6380, "Port is 6380, on which another program listens");
        var a = create("a", 7000, 0).spec().id();
        control.decide(plane -> plane.endpointsAssigned(a, endpoints(a), control.now));
        var endpoints = Objects.requireNonNull(control.describe("a").endpoints());
        assertPortRefused(endpoints.clusterPort(), "on which cluster a listens");
        int nodePort = endpoints.nodePorts().values().iterator().next();
        assertPortRefused(nodePort, "on which a node of cluster a listens");
        assertThat(control.state.clusters()).hasSize(1);
    }

    private void assertPortRefused(int port, String reason) {
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> create("b", port, 0),
                reason,
                "--node-addresses");
    }

    @Test
    void aClusterThatGetsAnotherPortThanItIsToHaveSaysSoOnce() {
        var id = control.create(Create.named("a")).spec().id(); // it is to have 6379
        var ports = endpoints(id).nodePorts();
        var found = new Endpoints("127.0.0.1", 7005, ports);
        control.decide(plane -> plane.endpointsAssigned(id, found, control.now));
        control.decide(plane -> plane.endpointsAssigned(id, found, control.now));
        assertThat(control.messages("a"))
                .containsExactly(
                        "Port 6379 is taken on this machine; the endpoint of the cluster listens on port 7005.");

        var other = create("b", 6381, 0).spec().id();
        var asked = new Endpoints("127.0.0.1", 6381, endpoints(other).nodePorts());
        control.decide(plane -> plane.endpointsAssigned(other, asked, control.now));
        assertThat(control.messages("b")).isEmpty();
    }

    @Test
    void anEndpointThatCannotListenIsAnnouncedAndSoIsThatItDoes() {
        var id = create("a", 6381, 0).spec().id();
        control.decide(plane -> plane.endpointMissing(id, control.now));
        assertThat(control.messages("a")).isEmpty(); // it has no port yet
        var found = new Endpoints("127.0.0.1", 6381, endpoints(id).nodePorts());
        control.decide(plane -> plane.endpointsAssigned(id, found, control.now));
        control.decide(plane -> plane.endpointMissing(id, control.now));
        control.decide(plane -> plane.endpointBack(id, control.now));
        assertThat(control.messages("a"))
                .containsExactly(
                        "Port 6381 at 127.0.0.1 cannot be listened on, as when another program has taken it; the endpoint of the cluster does not answer until that program lets it go. Its nodes are reached at their own ports.",
                        "Port 6381 at 127.0.0.1 is free; the endpoint of the cluster listens there again.");
    }

    @Test
    void whatNeverCameUpOrGoesLeavesItsPortsToOthers() {
        var failed = create("a", 6379, 5).spec().id();
        control.decide(plane -> plane.endpointsAssigned(failed, endpoints(failed), control.now));
        control.decide(plane -> plane.createFailed(failed, control.now));
        assertThat(control.describe("a").status()).isEqualTo(ClusterState.Status.CREATE_FAILED);
        assertThat(control.describe("a").endpoints()).isNull();
        create("b", 6379, 5);
    }

    @Test
    void aNewClusterWhosePortsSomebodyTookFailsAndCanBeDeleted() {
        var id = create("a", 6379, 0).spec().id();
        control.decide(plane -> plane.portsMissing(id, "none is free", control.now));
        assertThat(control.describe("a").status().wire()).isEqualTo("create-failed");
        assertThat(control.messages("a"))
                .containsExactly(
                        "Failed to create cluster due to unsuccessful creation of its node(s).",
                        "Deleting all nodes belonging to this cluster.");
        assertRefused(
                Fault.INVALID_CLUSTER_STATE,
                () ->
                        control.decide(plane ->
                                plane.deleteCluster(
                                        REGION, "a", null, "last", control.now, random)));
        control.delete("a");
        control.removed(id);
        assertThat(control.state.clusters()).isEmpty();
    }

    @Test
    void replicasAreRefusedWhenThereAreNoPortsForThem() {
        control.portsOfOthers.add(7005);
        available("a", 1);
        assertRefused(Fault.NODE_QUOTA_FOR_CUSTOMER_EXCEEDED, () -> replicas("a", 5), "1 ports");
        replicas("a", 4);
    }

    @Test
    void anUpdateWhosePortsSomebodyTookEndsWithoutItsNewNodes() {
        var id = available("a", 1).spec().id();
        replicas("a", 3);
        assertThat(control.describe("a").spec().nodeCount()).isEqualTo(4);
        control.decide(plane -> plane.portsMissing(id, "none is free", control.now));
        control.decide(plane -> plane.clusterUpdated(id, control.now));
        assertThat(control.describe("a").status()).isEqualTo(ClusterState.Status.AVAILABLE);
        assertThat(control.describe("a").spec().nodeCount()).isEqualTo(2);
        assertThat(control.messages("a"))
                .contains(
                        "Failed to modify number of nodes from 2 to 4 due to insufficient free IP"
                                + " addresses: none is free")
                .noneMatch(message -> message.startsWith("Modified"));
    }

    @Test
    void noPortIsLeftToANodeThatIsGone() {
        var id = available("a", 2).spec().id();
        replicas("a", 0);
        var names = List.of("a-0001-002", "a-0001-003");
        control.decide(plane -> plane.nodesLeft(id, names, control.now));
        // Even if the server is killed now: the fleet reports nothing else.
        assertThat(control.describe("a").endpoints())
                .isNotNull()
                .extracting(Endpoints::nodePorts, InstanceOfAssertFactories.MAP)
                .containsOnlyKeys("a-0001-001");
    }

    // ---- what the tests ask

    private ClusterState create(String name, int port, int replicas) {
        return control.create(
                Create.with(create -> {
                    create.clusterName = name;
                    create.port = port;
                    create.numReplicasPerShard = replicas;
                }));
    }

    private ClusterState available(String name, int replicas) {
        var id = create(name, 6379, replicas).spec().id();
        control.decide(plane -> plane.endpointsAssigned(id, endpoints(id), control.now));
        control.decide(plane ->
                plane.clusterProvisioned(
                        id, new InstalledEngines.Installed("redis", "7.0.15"), control.now));
        return control.describe(name);
    }

    private void replicas(String name, int wanted) {
        control.decide(plane ->
                plane.updateCluster(
                        Update.with(update -> {
                            update.clusterName = name;
                            update.replicaCount = wanted;
                        }),
                        REGION,
                        control.now,
                        random));
    }

    private Endpoints endpoints(ClusterId id) {
        var spec = control.state.cluster(id).orElseThrow().spec();
        var ports = new HashMap<String, Integer>();
        int next = FIRST;
        int own = spec.requestedPort();
        if (own == next) {
            next++;
        }
        for (var shard : spec.shards()) {
            for (var node : shard.nodes()) {
                ports.put(node.name(), next++);
            }
        }
        return new Endpoints("127.0.0.1", own, ports);
    }
}
