package dev.keepsake.core;

import static dev.keepsake.core.Checks.checkArgument;

/// One leadership of a shard. The terms of a log increase strictly; 0 means that no node has led
/// yet.
///
/// @param number 0 or greater
public record Term(long number) implements Comparable<Term> {
    /// The term before the first leader.
    public static final Term NONE = new Term(0);

    public Term {
        checkArgument(number >= 0, "term is negative: %d", number);
    }

    public Term next() {
        return new Term(number + 1);
    }

    public boolean isNewerThan(Term other) {
        return number > other.number;
    }

    @Override
    public int compareTo(Term other) {
        return Long.compare(number, other.number);
    }
}
