package dev.keepsake.fleet;

import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.NodeSpec;
import dev.keepsake.control.ShardSpec;
import dev.keepsake.core.Secret;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineSpec;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/// How engines are launched: those of nodes, and helpers without clients. Each launch has its own
/// password. Any thread.
final class EngineSpecs {
    private static final String FEED_USER = "feed";

    private final FleetTuning tuning;
    private final ClusterDirectories directories;
    private final RandomGenerator random;

    EngineSpecs(FleetTuning tuning, ClusterDirectories directories, RandomGenerator random) {
        this.tuning = tuning;
        this.directories = directories;
        this.random = random;
    }

    /// The engine of a node.
    ///
    /// @param parameters the parameters of its cluster that are directives of the engine
    EngineSpec ofNode(
            ClusterSpec cluster,
            NodeSpec node,
            EngineBinary program,
            Map<String, String> parameters) {
        var directives = new HashMap<>(parameters);
        directives.put(
                "proto-max-bulk-len", Integer.toString(tuning.front().limits().maxBulkBytes()));
        if (tuning.operatorSockets() != null) {
            directives.put("enable-debug-command", "local");
        }
        return new EngineSpec(
                node.name(),
                directories.of(cluster.id()).resolve("engine-" + node.name()),
                tuning.maxmemoryBytes(cluster.nodeType()),
                FEED_USER,
                newPassword(),
                program,
                directives);
    }

    /// An engine that takes and verifies the snapshots of a shard.
    EngineSpec ofSnapshots(ClusterSpec cluster, ShardSpec shard, EngineBinary program) {
        return helper(
                "%s-%s-snapshot".formatted(cluster.id().name(), shard.name()),
                directories.of(cluster.id()),
                program,
                Map.of());
    }

    /// An engine that makes the first file of a shard. It checks its input strictly, because it
    /// reads files from elsewhere.
    EngineSpec ofFilling(ClusterSpec cluster, ShardSpec shard, EngineBinary program) {
        return helper(
                "%s-%s-fill".formatted(cluster.id().name(), shard.name()),
                directories.of(cluster.id()),
                program,
                Map.of("enable-debug-command", "local", "sanitize-dump-payload", "yes"));
    }

    /// An engine that checks access strings.
    EngineSpec ofRules(EngineBinary program) {
        return helper("rules", directories.data(), program, Map.of());
    }

    private EngineSpec helper(
            String name, Path directory, EngineBinary program, Map<String, String> parameters) {
        return new EngineSpec(
                name,
                directory.resolve("engine-" + name),
                0,
                FEED_USER,
                newPassword(),
                program,
                parameters);
    }

    private Secret newPassword() {
        return new Secret("%016x%016x".formatted(random.nextLong(), random.nextLong()));
    }
}
