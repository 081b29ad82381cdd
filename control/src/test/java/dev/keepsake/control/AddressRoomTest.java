package dev.keepsake.control;

import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.AddressBlock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// What happens when there are no addresses for what is asked for, where each node has its own.
class AddressRoomTest {
    private final MemoryControl control = new MemoryControl(AddressBlock.parse("127.0.1.0/29"));
    private final SplittableRandom random = new SplittableRandom(1);

    @Test
    void aClusterIsRefusedWhenTheAddressesOfThoseBeforeItLeaveTooFew() {
        create("a", 2); // with its endpoint, 4 of 6
        assertRefused(
                Fault.INSUFFICIENT_CLUSTER_CAPACITY,
                () -> create("b", 1),
                "1 addresses whose port 6379 is free are missing for cluster b",
                "--node-addresses");
        create("b", 0);
    }

    @Test
    void addressesThatClustersHaveAreNoOneElses() {
        var id = create("a", 1).spec().id();
        control.decide(plane ->
                plane.endpointsAssigned(id, endpoints("127.0.1.3", "127.0.1.1"), control.now));
        assertRefused(Fault.INSUFFICIENT_CLUSTER_CAPACITY, () -> create("b", 2), "1 addresses");
        create("b", 1);
    }

    @Test
    void aPortThatSomebodyListensOnEverywhereLeavesNoAddress() {
        control.portsOfOthers.add(6379);
        assertRefused(
                Fault.INSUFFICIENT_CLUSTER_CAPACITY,
                () -> create("a", 0),
                "2 addresses whose port 6379",
                "give another Port");
    }

    @Test
    void replicasAreRefusedWhenThereAreNoAddressesForThem() {
        var id = create("a", 1).spec().id();
        control.decide(plane ->
                plane.endpointsAssigned(id, endpoints("127.0.1.3", "127.0.1.1"), control.now));
        control.decide(plane ->
                plane.clusterProvisioned(
                        id, new InstalledEngines.Installed("redis", "7.0.15"), control.now));
        assertRefused(
                Fault.NODE_QUOTA_FOR_CUSTOMER_EXCEEDED, () -> replicas("a", 5), "1 addresses");
        replicas("a", 4);
    }

    @Test
    void aNodeThatIsGoneLeavesItsAddress() {
        var endpoints = endpoints("127.0.1.3", "127.0.1.1");
        var left = endpoints.without(List.of("a-0001-002"));
        assertThat(left.nodeHosts()).isEqualTo(Map.of("a-0001-001", "127.0.1.1"));
        assertThat(left.nodePorts()).isEqualTo(Map.of("a-0001-001", 6379));
    }

    private static Endpoints endpoints(String endpoint, String first) {
        var hosts = new HashMap<>(Map.of("a-0001-001", first, "a-0001-002", "127.0.1.2"));
        var ports = Map.of("a-0001-001", 6379, "a-0001-002", 6379);
        return new Endpoints(endpoint, 6379, ports, hosts);
    }

    private ClusterState create(String name, int replicas) {
        return control.create(
                Create.with(create -> {
                    create.clusterName = name;
                    create.port = 6379;
                    create.numReplicasPerShard = replicas;
                }));
    }

    private void replicas(String name, int wanted) {
        control.decide(plane ->
                plane.updateCluster(
                        Update.with(update -> {
                            update.clusterName = name;
                            update.replicaCount = wanted;
                        }),
                        MemoryControl.REGION,
                        control.now,
                        random));
    }
}
