package dev.keepsake.front;

import dev.keepsake.core.SlotRange;
import dev.keepsake.resp.CommandSpec;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A node as [Admission] sees it: the primary of the lower half of the slots, which serves, unless
/// a test sets something else. The slot of `b` (3300) is its own, that of `a` (15495) belongs to
/// another shard.
final class FakeNode implements Admission.Node {
    static final String PRIMARY = "n1";

    final Set<String> refused = new HashSet<>();
    final Set<String> askedOfEngine = new HashSet<>();
    Topology topology =
            new Topology(1, List.of(shard(PRIMARY, "0-8191"), shard("n2", "8192-16383")));
    String name = PRIMARY;
    boolean serving = true;
    boolean primary = true;
    boolean engineBehind;
    boolean writesPaused;
    @Nullable String full;
    long maxTransactionBytes = 1_000;

    static TopologyShard shard(String node, String slots) {
        return new TopologyShard(
                node,
                "shard-" + node,
                SlotRange.parse(slots),
                member(node, TopologyNode.Role.PRIMARY),
                List.of(member(node + "-replica", TopologyNode.Role.REPLICA)));
    }

    private static TopologyNode member(String node, TopologyNode.Role role) {
        return new TopologyNode(
                node, "id-" + node, "10.0.0.1", null, 6379, role, TopologyNode.Health.ONLINE);
    }

    /// Becomes the replica of its shard.
    void follow() {
        name = PRIMARY + "-replica";
        primary = false;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isServing() {
        return serving;
    }

    @Override
    public boolean isPrimary() {
        return primary;
    }

    @Override
    public Topology topology() {
        return topology;
    }

    @Override
    public long maxTransactionBytes() {
        return maxTransactionBytes;
    }

    @Override
    public boolean isEngineBehind() {
        return engineBehind;
    }

    @Override
    public @Nullable String writeRefusal() {
        return full;
    }

    @Override
    public boolean areWritesPaused() {
        return writesPaused;
    }

    @Override
    public boolean asksEngine(CommandSpec spec) {
        return askedOfEngine.contains(spec.name());
    }

    @Override
    public boolean isRefused(String user, CommandSpec spec) {
        return refused.contains(spec.name());
    }

    @Override
    public @Nullable String refusal(String user, CommandSpec spec) {
        return refused.contains(spec.name()) ? "NOPERM " + user : null;
    }
}
