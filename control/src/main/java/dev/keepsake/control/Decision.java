package dev.keepsake.control;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/// What a call comes to: records to keep, in one piece, and the answer for when they are kept.
public record Decision<R>(List<ControlRecord> records, R response) {
    public Decision {
        records = List.copyOf(records);
    }

    /// What a report comes to: the records if it is about something that exists and it is news,
    /// else none.
    static <T> Decision<Optional<T>> whenNews(
            Optional<T> subject, Predicate<T> isNews, ControlRecord... records) {
        return whenNews(subject, isNews, _ -> List.of(records));
    }

    /// The same with records that are made of what the report is about, only if they are needed.
    static <T> Decision<Optional<T>> whenNews(
            Optional<T> subject, Predicate<T> isNews, Function<T, List<ControlRecord>> records) {
        return new Decision<>(subject.filter(isNews).map(records).orElse(List.of()), subject);
    }
}
