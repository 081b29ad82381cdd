package dev.keepsake.control;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Service updates, of which there are none: whatever an engine gets, it gets when the server is
/// started with another one.
final class ServiceUpdates {
    private final ClusterLookup lookup;

    ServiceUpdates(ClusterLookup lookup) {
        this.lookup = lookup;
    }

    /// BatchUpdateCluster without a service update: all that are due, which is none.
    BatchUpdate apply(String region, @Nullable List<String> clusterNames) {
        if (clusterNames == null || clusterNames.isEmpty()) {
            throw Fault.INVALID_PARAMETER_VALUE.because("ClusterNames is required.");
        }
        var processed = new ArrayList<ClusterState>();
        var unprocessed = new ArrayList<BatchUpdate.Unprocessed>();
        for (String name : clusterNames.stream().distinct().toList()) {
            Requests.clusterName(name); // what is no name is a wrong value of the call
            try {
                processed.add(lookup.available(region, name));
            } catch (ApiException e) {
                unprocessed.add(new BatchUpdate.Unprocessed(name, e));
            }
        }
        return new BatchUpdate(processed, unprocessed);
    }

    /// DescribeServiceUpdates' filters; the list that they are for is empty.
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
