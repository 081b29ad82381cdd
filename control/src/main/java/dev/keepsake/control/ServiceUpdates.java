package dev.keepsake.control;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Service updates. There are none, because an engine is replaced only when the server is started
/// with another one.
final class ServiceUpdates {
    private final ClusterLookup lookup;

    ServiceUpdates(ClusterLookup lookup) {
        this.lookup = lookup;
    }

    /// BatchUpdateCluster without a named service update: applies all that are due, which are none.
    BatchUpdate apply(String region, @Nullable List<String> clusterNames) {
        if (clusterNames == null || clusterNames.isEmpty()) {
            throw Fault.INVALID_PARAMETER_VALUE.because("ClusterNames is required.");
        }
        var processed = new ArrayList<ClusterState>();
        var unprocessed = new ArrayList<BatchUpdate.Unprocessed>();
        for (String name : clusterNames.stream().distinct().toList()) {
            Requests.clusterName(name); // an invalid name is an error of the call
            try {
                processed.add(lookup.available(region, name));
            } catch (ApiException e) {
                unprocessed.add(new BatchUpdate.Unprocessed(name, e));
            }
        }
        return new BatchUpdate(processed, unprocessed);
    }

    /// Checks the filters of DescribeServiceUpdates, whose list is always empty.
    static void checkFilters(
            @Nullable String serviceUpdateName, @Nullable List<String> clusterNames) {
        if (serviceUpdateName != null) {
            Requests.required("ServiceUpdateName", serviceUpdateName);
        }
        if (clusterNames != null) {
            clusterNames.forEach(Requests::clusterName);
        }
    }
}
