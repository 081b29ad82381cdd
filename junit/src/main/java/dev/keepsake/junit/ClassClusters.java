package dev.keepsake.junit;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;

/// The clusters of one test class. Closing deletes them.
final class ClassClusters implements CloseableResource, AutoCloseable {
    private final ServerProcess process;
    private final KeepsakeServer server;
    private final List<ClusterCalls> created;
    private final boolean isRegionShared;
    private @Nullable AutoCloseable sdkClient; // guarded by this

    private ClassClusters(
            ServerProcess process,
            KeepsakeServer server,
            List<ClusterCalls> created,
            boolean isRegionShared) {
        this.process = process;
        this.server = server;
        this.created = created;
        this.isRegionShared = isRegionShared;
    }

    /// Creates the clusters and waits until all are available.
    ///
    /// @param wantedRegion the region, or nothing for one that no other class has
    static ClassClusters create(
            ServerProcess process, String wantedRegion, List<Cluster> declared) {
        boolean isRegionShared = !wantedRegion.isEmpty();
        String region = isRegionShared ? wantedRegion : process.nextRegion();
        var api = new ApiClient(process.endpoint(), region, process::state);
        var created = new ArrayList<ClusterCalls>();
        try {
            for (var cluster : declared) {
                var calls = new ClusterCalls(api, cluster.name());
                calls.create(cluster);
                created.add(calls);
            }
            var clusters = new ArrayList<KeepsakeCluster>();
            for (int i = 0; i < created.size(); i++) {
                clusters.add(available(created.get(i), declared.get(i), process));
            }
            return new ClassClusters(
                    process,
                    new KeepsakeServer(process, region, clusters),
                    created,
                    isRegionShared);
        } catch (RuntimeException e) {
            created.forEach(calls -> deleteQuietly(calls, e));
            throw e;
        }
    }

    private static KeepsakeCluster available(
            ClusterCalls calls, Cluster declared, ServerProcess process) {
        process.patience()
                .await(
                        "cluster %s is available".formatted(declared.name()),
                        () -> isAvailable(calls, declared),
                        () -> "it is " + calls.status());
        return new KeepsakeCluster(
                declared,
                calls,
                declared.tls() ? process.sslContext() : null,
                process.patience(),
                calls.describe());
    }

    private static boolean isAvailable(ClusterCalls calls, Cluster declared) {
        String status = calls.status();
        if (status.endsWith("failed")) {
            var messages = calls.events().stream().map(KeepsakeEvent::message).toList();
            throw new KeepsakeException(
                    "cluster %s is %s: %s".formatted(declared.name(), status, messages));
        }
        return status.equals("available");
    }

    private static void deleteQuietly(ClusterCalls calls, RuntimeException reason) {
        try {
            calls.delete();
        } catch (KeepsakeException e) {
            reason.addSuppressed(e);
        }
    }

    KeepsakeServer server() {
        return server;
    }

    /// The client of AWS's SDK, which all tests of the class share.
    synchronized AutoCloseable sdkClient() {
        var client = sdkClient;
        if (client == null) {
            client = SdkClients.memoryDb(server.endpoint(), server.region());
            sdkClient = client;
        }
        return client;
    }

    /// Deletes the clusters. Classes that share a region find their names free again.
    @Override
    public void close() {
        closeSdkClient();
        created.forEach(ClusterCalls::delete);
        if (isRegionShared) {
            for (var calls : created) {
                process.patience()
                        .await(
                                "a cluster of region %s is deleted".formatted(server.region()),
                                () -> calls.statusIfThere().isEmpty(),
                                () -> "it is " + calls.statusIfThere().orElse("gone"));
            }
        }
    }

    private synchronized void closeSdkClient() {
        var client = sdkClient;
        if (client != null) {
            try {
                client.close();
            } catch (Exception e) {
                throw new KeepsakeException("the SDK's client cannot be closed: " + e, e);
            }
        }
    }
}
