package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/// What fails: one row of the crash matrix.
enum Fault {
    FAILOVER_SHARD {
        @Override
        void strike(Scene scene) {
            scene.callFailover();
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(failover(primary, replica));
        }
    },
    FAILOVER_SHARD_SILENT {
        @Override
        Map<String, String> tags() {
            return Map.of(MODE, "silent");
        }

        @Override
        void strike(Scene scene) {
            scene.callFailover();
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(failover(primary, replica));
        }
    },
    FAILOVER_SHARD_HANDOVER {
        @Override
        Map<String, String> tags() {
            return Map.of(MODE, "handover");
        }

        @Override
        void strike(Scene scene) {
            scene.callFailover();
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(failover(primary, replica));
        }
    },
    PRIMARY_ENGINE_KILLED {
        @Override
        void strike(Scene scene) {
            scene.shard().kill(List.of(scene.shard().primary()));
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(replacedPrimary(primary, replica));
        }
    },
    PRIMARY_ENGINE_HANGS {
        @Override
        void strike(Scene scene) throws Exception {
            scene.shard().hang(List.of(scene.shard().primary()));
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(replacedPrimary(primary, replica));
        }
    },
    PRIMARY_ENGINE_OUT_OF_MEMORY {
        @Override
        void strike(Scene scene) throws Exception {
            scene.shard().exhaustMemory(scene.shard().primary());
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(replacedPrimary(primary, replica));
        }
    },
    REPLICA_ENGINE_KILLED {
        @Override
        void strike(Scene scene) {
            scene.shard().kill(scene.shard().replicas());
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(replaced(replica));
        }
    },
    REPLICA_ENGINE_HANGS {
        @Override
        void strike(Scene scene) throws Exception {
            scene.shard().hang(scene.shard().replicas());
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(replaced(replica));
        }
    },
    ALL_ENGINES_KILLED {
        @Override
        void strike(Scene scene) {
            scene.shard().kill(scene.shard().nodes());
        }

        @Override
        boolean isStoryInOrder() {
            return false; // they fail and come back independently
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            var recoveries = recoveries(primary, replica);
            var failover = "Failover to replica node %s completed".formatted(replica);
            // Whoever is back first leads.
            return List.of(
                    recoveries, Stream.concat(recoveries.stream(), Stream.of(failover)).toList());
        }
    },
    ONLY_ENGINE_KILLED {
        @Override
        int replicas() {
            return 0;
        }

        @Override
        void strike(Scene scene) {
            scene.shard().kill(scene.shard().nodes());
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(replaced(primary));
        }
    },
    ONLY_ENGINE_HANGS {
        @Override
        int replicas() {
            return 0;
        }

        @Override
        void strike(Scene scene) throws Exception {
            scene.shard().hang(scene.shard().nodes());
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(replaced(primary));
        }
    },
    ONLY_ENGINE_OUT_OF_MEMORY {
        @Override
        int replicas() {
            return 0;
        }

        @Override
        void strike(Scene scene) throws Exception {
            scene.shard().exhaustMemory(scene.shard().primary());
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(replaced(primary));
        }
    },
    DISK_FULL_FOR_A_WHILE {
        @Override
        At at() {
            return At.SERVER_OF_ITS_OWN;
        }

        @Override
        void strike(Scene scene) throws Exception {
            var primary = scene.shard().primary(); // as long as it answers everything
            scene.fillDisk();
            try {
                scene.shard().awaitRefusal(primary, "-MISCONF ");
            } finally {
                scene.freeDisk();
            }
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(List.of());
        }
    },
    SERVER_KILLED {
        @Override
        At at() {
            return At.PROCESS_OF_ITS_OWN;
        }

        @Override
        void strike(Scene scene) throws Exception {
            scene.restartServer(() -> {});
        }

        @Override
        boolean isStoryInOrder() {
            return false;
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(recoveries(primary, replica));
        }
    },
    SERVER_OF_ONE_NODE_KILLED {
        @Override
        int replicas() {
            return 0;
        }

        @Override
        At at() {
            return At.PROCESS_OF_ITS_OWN;
        }

        @Override
        void strike(Scene scene) throws Exception {
            scene.restartServer(() -> {});
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(replaced(primary));
        }
    },
    SERVER_KILLED_AMID_A_WRITE {
        @Override
        At at() {
            return At.PROCESS_OF_ITS_OWN;
        }

        @Override
        void strike(Scene scene) throws Exception {
            scene.restartServer(() -> scene.logFiles().tearTail());
        }

        @Override
        boolean isStoryInOrder() {
            return false;
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(recoveries(primary, replica));
        }
    },
    /// Of a file that the next start reads; until it is restored there is an error and no data.
    BIT_FLIPPED {
        @Override
        At at() {
            return At.SERVER_OF_ITS_OWN;
        }

        @Override
        void strike(Scene scene) throws Exception {
            var damaged = new AtomicReference<Path>();
            scene.restartServer(() -> {
                var segment = scene.logFiles().segments().getFirst();
                LogFiles.flipBit(segment);
                damaged.set(segment);
            });
            scene.awaitComplaint(damaged.get() + " is damaged");
            LogFiles.flipBit(damaged.get());
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(List.of());
        }
    },
    SEGMENT_MISSING {
        @Override
        At at() {
            return At.SERVER_OF_ITS_OWN;
        }

        @Override
        void strike(Scene scene) throws Exception {
            var missing = new AtomicReference<Path>();
            var elsewhere = new AtomicReference<Path>();
            while (missing.get() == null) {
                await("there are some", () -> scene.logFiles().segments().size() > SEGMENTS);
                scene.restartServer(() -> {
                    var segments = scene.logFiles().segments();
                    if (segments.size() > SEGMENTS) { // or they were trimmed just now
                        var segment = segments.get(1);
                        elsewhere.set(segment.resolve("../../elsewhere").normalize());
                        Files.move(segment, elsewhere.get());
                        missing.set(segment);
                    }
                });
            }
            scene.awaitComplaint("restore the missing file");
            Files.move(elsewhere.get(), missing.get());
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(List.of());
        }
    },
    /// First while it is in use, so that the log has to go on in the file that it has, and then
    /// when it is to be opened.
    DIRECTORY_UNWRITABLE {
        @Override
        At at() {
            return At.SERVER_OF_ITS_OWN;
        }

        @Override
        void strike(Scene scene) throws Exception {
            scene.forbidWriting();
            scene.awaitComplaint("Read-only file system");
            scene.restartServer(() -> {});
            var directory = scene.logFiles().segments().getFirst().getParent();
            scene.awaitComplaint("cannot run, it is tried again reason=" + directory + "/");
            scene.allowWriting();
        }

        @Override
        List<List<String>> stories(String primary, String replica) {
            return List.of(List.of());
        }
    };

    private static final int SEGMENTS = 2;
    private static final String MODE = "keepsake:failover-mode";

    private static List<String> failover(String primary, String replica) {
        return List.of(
                "FailoverShard API called for shard 0001",
                "Failover from primary node %s to replica node %s completed"
                        .formatted(primary, replica),
                "Recovering nodes " + primary,
                "Finished recovery for nodes " + primary);
    }

    private static List<String> replacedPrimary(String primary, String replica) {
        return List.of(
                "Recovering nodes " + primary,
                "Failover to replica node %s completed".formatted(replica),
                "Finished recovery for nodes " + primary);
    }

    private static List<String> recoveries(String primary, String replica) {
        return Stream.concat(replaced(primary).stream(), replaced(replica).stream()).toList();
    }

    private static List<String> replaced(String node) {
        return List.of("Recovering nodes " + node, "Finished recovery for nodes " + node);
    }

    /// Lets it happen. Returns when it has; what follows takes its time.
    abstract void strike(Scene scene) throws Exception;

    /// What the cluster's events say of it in the end: one of these.
    ///
    /// @param primary the node that led before
    /// @param replica the other one; the same where there is only one
    abstract List<List<String>> stories(String primary, String replica);

    /// Whether events come in the order of the story.
    boolean isStoryInOrder() {
        return true;
    }

    int replicas() {
        return 1;
    }

    /// What the cluster is made with.
    Map<String, String> tags() {
        return Map.of();
    }

    /// What has to be there for it to happen to.
    enum At {
        /// A cluster beside others.
        SHARED_SERVER,
        /// A server that may be stopped, in this process.
        SERVER_OF_ITS_OWN,
        /// A server that may be killed.
        PROCESS_OF_ITS_OWN
    }

    At at() {
        return At.SHARED_SERVER;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
