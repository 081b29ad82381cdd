package dev.keepsake.fleet;

import dev.keepsake.control.ControlRecord;
import dev.keepsake.control.ControlRecordCodec;
import dev.keepsake.control.ControlState;
import java.util.ArrayList;
import java.util.List;

/// Divides a state into parts that fit into entries of the control log, and puts them together
/// again. Owned by the control journal.
final class StateParts {
    private static final int NONE = -1;

    private final ControlState state;
    private final List<ControlRecord> collected = new ArrayList<>();
    private int next = NONE;

    StateParts(ControlState state) {
        this.state = state;
    }

    /// The whole state, one list for each entry.
    ///
    /// @param maxBytes the largest size of an entry; a single record may be larger
    List<List<ControlRecord>> of(int maxBytes) {
        var cut = new ArrayList<List<ControlRecord>>();
        var part = new ArrayList<ControlRecord>();
        long bytes = 0;
        for (var record : state.records()) {
            int more = ControlRecordCodec.encode(List.of(record)).length;
            if (!part.isEmpty() && bytes + more > maxBytes) {
                cut.add(part);
                part = new ArrayList<>();
                bytes = 0;
            }
            part.add(record);
            bytes += more;
        }
        cut.add(part);
        for (int i = 0; i < cut.size(); i++) {
            cut.get(i).addFirst(new ControlRecord.StatePart(i, cut.size() - 1));
        }
        return cut;
    }

    /// Applies the records of an entry: a decision at once, a state when its last part arrives.
    ///
    /// @return whether the state has been replaced
    boolean apply(List<ControlRecord> records) {
        if (records.isEmpty() || !(records.getFirst() instanceof ControlRecord.StatePart part)) {
            records.forEach(state::apply);
            return false;
        }
        if (part.number() == 0) {
            collected.clear();
            next = 0;
        }
        if (part.number() != next) {
            next = NONE; // the beginning of this state is missing
            return false;
        }
        collected.addAll(records.subList(1, records.size()));
        next++;
        if (part.number() < part.last()) {
            return false;
        }
        collected.forEach(state::apply);
        collected.clear();
        next = NONE;
        return true;
    }
}
