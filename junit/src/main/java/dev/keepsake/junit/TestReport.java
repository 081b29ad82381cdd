package dev.keepsake.junit;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The events of a class's clusters since a test began, for the report of that test. Immutable.
///
/// @param began when the test began
/// @param eventsBefore how many events each cluster had then, in the order of the clusters
record TestReport(Instant began, KeepsakeServer server, List<Integer> eventsBefore) {
    static TestReport begin(Instant now, KeepsakeServer server) {
        return new TestReport(
                now,
                server,
                server.clusters().stream().map(cluster -> cluster.events().size()).toList());
    }

    /// The entries of the report: one for each cluster in which something happened.
    Map<String, String> entries() {
        var entries = new LinkedHashMap<String, String>();
        for (int i = 0; i < eventsBefore.size(); i++) {
            var cluster = server.clusters().get(i);
            var events = cluster.events();
            var since = new ArrayList<KeepsakeEvent>();
            for (int j = eventsBefore.get(i); j < events.size(); j++) {
                since.add(events.get(j));
            }
            text(began, since)
                    .ifPresent(text -> entries.put("keepsake cluster " + cluster.name(), text));
        }
        return entries;
    }

    /// Events with the time since the beginning of the test, one a line; empty when there are none.
    static Optional<String> text(Instant began, List<KeepsakeEvent> events) {
        var text = new StringBuilder();
        for (var event : events) {
            double seconds = Duration.between(began, event.date()).toMillis() / 1_000.0;
            text.append(String.format(Locale.ROOT, "%n%+9.3f s  %s", seconds, event.message()));
        }
        return events.isEmpty() ? Optional.empty() : Optional.of(text.toString());
    }
}
