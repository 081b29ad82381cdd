package dev.keepsake.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Reads numbers back from one node, primary or not.
final class Reader implements AutoCloseable {
    private static final int KEYS_AT_ONCE = 1_000;

    private final String node;
    private final Wire wire;

    Reader(Node node) throws IOException {
        this.node = node.name();
        this.wire = Wire.to(node);
        ask("READONLY");
    }

    String node() {
        return node;
    }

    /// The items of a list.
    List<Integer> list(String key) {
        return numbers(ask("LRANGE", key, "0", "-1"));
    }

    /// A counter.
    long count(String key) {
        var text = ask("GET", key);
        return text.equals("nil") ? 0 : Long.parseLong(text);
    }

    /// Those of the numbers below `end` that are the value of the key with their name.
    List<Integer> values(String keyPrefix, int end) {
        var found = new ArrayList<Integer>();
        for (int first = 0; first < end; first += KEYS_AT_ONCE) {
            var command = new ArrayList<>(List.of("MGET"));
            for (int number = first; number < Math.min(end, first + KEYS_AT_ONCE); number++) {
                command.add(keyPrefix + number);
            }
            found.addAll(numbers(ask(command.toArray(new String[0]))));
        }
        return found;
    }

    String ask(String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            throw new UncheckedIOException(node + " does not answer " + command[0], e);
        }
    }

    private static List<Integer> numbers(String reply) {
        if (!reply.startsWith("[")) {
            throw new AssertionError("no list of numbers: " + reply);
        }
        return Arrays.stream(reply.substring(1, reply.length() - 1).split(" "))
                .filter(each -> !each.isEmpty() && !each.equals("nil"))
                .map(Integer::valueOf)
                .toList();
    }

    @Override
    public void close() {
        wire.close();
    }
}
