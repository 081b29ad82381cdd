package dev.keepsake.tests;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What the client matrix asks of a client library, each in the library's own way. Used by one
/// thread at a time; every method blocks, and throws what the library throws.
interface MatrixClient extends AutoCloseable {
    void set(String key, String value) throws Exception;

    @Nullable String get(String key) throws Exception;

    long increment(String key) throws Exception;

    /// Appends to a list and returns all of it.
    List<String> append(String key, String... elements) throws Exception;

    Map<String, String> hash(String key, Map<String, String> fields) throws Exception;

    Set<String> setOf(String key, String... members) throws Exception;

    /// Adds members by score and returns them in order.
    List<String> sorted(String key, Map<String, Double> members) throws Exception;

    /// Adds to a stream and returns how many entries it has.
    long stream(String key, Map<String, String> entry) throws Exception;

    /// Adds to a HyperLogLog and returns how many there are.
    long distinct(String key, String... elements) throws Exception;

    /// Sets bits of a string and returns how many are set.
    long bits(String key, int... offsets) throws Exception;

    /// Adds the places Palermo and Catania of Redis's manual and returns how far one is from the
    /// other, in km.
    double distanceKm(String key) throws Exception;

    /// Sets and gets all keys in one go, whatever their slots.
    List<String> pipeline(Map<String, String> values) throws Exception;

    /// Increments a key twice in one transaction and returns both results.
    List<Long> transaction(String key) throws Exception;

    /// Runs `return {KEYS[1], ARGV[1]}`.
    List<String> script(String key, String argument) throws Exception;

    /// Pops from a list, waiting for an element.
    String blockingPop(String key) throws Exception;

    /// Subscribes, and returns once that holds.
    Subscription subscribe(String channel, Consumer<String> onMessage) throws Exception;

    void publish(String channel, String message) throws Exception;

    @Override
    void close();

    /// Ends when it is closed.
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}
