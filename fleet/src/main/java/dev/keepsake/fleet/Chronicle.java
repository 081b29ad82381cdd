package dev.keepsake.fleet;

import dev.keepsake.control.LiveState;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.UnaryOperator;

/// The newest changes of all nodes, and the newest outages of all shards, since the server began.
/// Bounded: the oldest ones are dropped. For people only; no decision depends on it. Owned by the
/// fleet's thread.
final class Chronicle {
    static final int CHANGES_MAX = 256;
    static final int OUTAGES_MAX = 64;

    private final ArrayDeque<LiveState.Change> changes = new ArrayDeque<>();
    private final ArrayDeque<LiveState.Outage> outages = new ArrayDeque<>();
    private long changesSoFar;
    private long outagesSoFar;

    long nextChange() {
        return ++changesSoFar;
    }

    long nextOutage() {
        return ++outagesSoFar;
    }

    void add(LiveState.Change change) {
        if (changes.size() == CHANGES_MAX) {
            changes.removeFirst();
        }
        changes.addLast(change);
    }

    void add(LiveState.Outage outage) {
        if (outages.size() == OUTAGES_MAX) {
            outages.removeFirst();
        }
        outages.addLast(outage);
    }

    /// Replaces an outage, if it has not been dropped.
    void replace(long number, UnaryOperator<LiveState.Outage> change) {
        var kept = List.copyOf(outages);
        outages.clear();
        kept.forEach(each -> outages.addLast(each.number() == number ? change.apply(each) : each));
    }

    /// Removes an outage.
    void remove(long number) {
        outages.removeIf(each -> each.number() == number);
    }

    /// The newest changes, oldest first.
    List<LiveState.Change> changes() {
        return List.copyOf(changes);
    }

    /// The newest outages, oldest first.
    List<LiveState.Outage> outages() {
        return List.copyOf(outages);
    }
}
