package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.SlotRange;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The answer to a command that is not for the node that was asked. The slot of `a` is 15495 and
/// that of `b` 3300.
class RouteTest {
    private static final Topology HALF =
            new Topology(1, List.of(shard("n1", "0-8191", "nodes.example")));
    private static final Topology WHOLE =
            new Topology(
                    1,
                    List.of(
                            shard("n1", "0-8191", "nodes.example"),
                            shard("n2", "8192-16383", null)));

    @Test
    void aSlotOfAnotherNodeHasMovedThere() {
        assertThat(found(WHOLE, "n1", "GET", "b")).isNull();
        assertThat(found(WHOLE, "n1", "GET", "a")).isEqualTo("MOVED 15495 10.0.0.1:6379");
        assertThat(found(WHOLE, "n2", "GET", "b")).isEqualTo("MOVED 3300 nodes.example:6379");
    }

    @Test
    void aSlotWithoutAnOwnerIsNotServed() {
        assertThat(found(HALF, "n1", "GET", "a")).isEqualTo("CLUSTERDOWN Hash slot not served");
        assertThat(found(HALF, "n1", "GET", "b")).isNull();
    }

    @Test
    void keysOfTwoSlotsAreRefused() {
        assertThat(found(WHOLE, "n1", "MGET", "a", "b"))
                .isEqualTo("CROSSSLOT Keys in request don't hash to the same slot");
    }

    private static @Nullable String found(Topology topology, String node, String... command) {
        return Route.whyElsewhere(Commands.of(command), topology, node, false);
    }

    private static TopologyShard shard(String node, String slots, @Nullable String hostName) {
        var primary =
                new TopologyNode(
                        node,
                        "id-" + node,
                        "10.0.0.1",
                        hostName,
                        6379,
                        TopologyNode.Role.PRIMARY,
                        TopologyNode.Health.ONLINE);
        return new TopologyShard(node, "shard-" + node, SlotRange.parse(slots), primary, List.of());
    }
}
