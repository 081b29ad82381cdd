package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NodeQuotasTest {
    private final MemoryControl control = new MemoryControl();
    private final NodeQuotas quotas = new NodeQuotas(control.state);

    @Test
    void aClusterHas90NodesAtMost() {
        NodeQuotas.expectFitsCluster(90, 0);
        NodeQuotas.expectFitsCluster(15, 5);
        for (int[] tooMany : new int[][] {{91, 0}, {46, 1}, {500, 5}}) {
            assertRefused(
                    Fault.NODE_QUOTA_FOR_CLUSTER_EXCEEDED,
                    () -> NodeQuotas.expectFitsCluster(tooMany[0], tooMany[1]),
                    "%d shards of %d nodes".formatted(tooMany[0], tooMany[1] + 1));
        }
    }

    @Test
    void aRegionHas300NodesAtMostAndAClusterIsCountedOnceAsItWouldBe() {
        for (String name : new String[] {"a", "b", "c"}) {
            control.create(of(name, 30, 2)); // 90 each
        }
        var last = control.create(of("d", 10, 1)).spec(); // 20 more
        assertThat(last.nodeCount()).isEqualTo(20);
        assertThat(last.replicasPerShard()).isEqualTo(1);

        quotas.expectFitsRegion(last);
        quotas.expectFitsRegion(withShardsOf(last, of("d", 10, 2))); // 300
        var another = Create.spec(of("e", 11, 0), REGION, control.now, random());
        assertThat(another.nodeCount()).isEqualTo(11);
        assertRefused(
                Fault.NODE_QUOTA_FOR_CUSTOMER_EXCEEDED,
                () -> quotas.expectFitsRegion(another),
                "301 nodes would run in us-east-1; at most 300 may.");
        quotas.expectFitsRegion(Create.spec(of("e", 11, 0), "eu-west-1", control.now, random()));
    }

    private ClusterSpec withShardsOf(ClusterSpec spec, CreateClusterRequest grown) {
        return spec.withShards(Create.spec(grown, REGION, control.now, random()).shards());
    }

    private static SplittableRandom random() {
        return new SplittableRandom(1);
    }

    private static CreateClusterRequest of(String name, int shards, int replicas) {
        return Create.with(create -> {
            create.clusterName = name;
            create.numShards = shards;
            create.numReplicasPerShard = replicas;
        });
    }
}
