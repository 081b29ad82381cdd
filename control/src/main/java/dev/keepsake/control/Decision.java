package dev.keepsake.control;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/// The outcome of a call: the records to store, as a whole, and the answer to send when they are
/// stored.
public record Decision<R>(List<ControlRecord> records, R response) {
    public Decision {
        records = List.copyOf(records);
    }

    /// A decision about a report. It has the records if the subject exists and the report is news;
    /// otherwise none.
    static <T> Decision<Optional<T>> whenNews(
            Optional<T> subject, Predicate<T> isNews, ControlRecord... records) {
        return whenNews(subject, isNews, _ -> List.of(records));
    }

    /// Does the same with records that are computed from the subject, only when they are needed.
    static <T> Decision<Optional<T>> whenNews(
            Optional<T> subject, Predicate<T> isNews, Function<T, List<ControlRecord>> records) {
        return new Decision<>(subject.filter(isNews).map(records).orElse(List.of()), subject);
    }
}
