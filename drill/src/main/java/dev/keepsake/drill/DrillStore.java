package dev.keepsake.drill;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The database as the drill uses it. Any thread. A write is tried once: a hidden retry would turn
/// an unknown outcome into a duplicate.
interface DrillStore extends AutoCloseable {
    void set(String key, String value) throws WriteFailedException;

    void append(String listKey, String element) throws WriteFailedException;

    /// Adds 1 and returns the counter's new value.
    long increment(String key) throws WriteFailedException;

    /// The values of the keys, in their order, null where there is none.
    List<@Nullable String> values(List<String> keys) throws DrillException, InterruptedException;

    /// Up to `count` elements from the one at index `first`, fewer at the end of the list.
    List<String> elements(String listKey, long first, int count)
            throws DrillException, InterruptedException;

    @Override
    void close();
}
