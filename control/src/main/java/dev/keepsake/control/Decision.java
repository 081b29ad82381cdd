package dev.keepsake.control;

import java.util.List;

/// What a call comes to: records to keep, in one piece, and the answer for when they are kept.
public record Decision<R>(List<ControlRecord> records, R response) {
    public Decision {
        records = List.copyOf(records);
    }
}
