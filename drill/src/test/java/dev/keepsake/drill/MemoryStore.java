package dev.keepsake.drill;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A store in memory that keeps Redis's rules, can be damaged, and can fail a write before or after
/// it is applied.
final class MemoryStore implements DrillStore {
    final Map<String, String> values = new HashMap<>();
    private final Map<String, List<String>> lists = new HashMap<>();
    private final int mostWrites;
    private Runnable atLimit = () -> {};
    private int writes;
    private int failEvery = Integer.MAX_VALUE;
    private FailureKind failure = FailureKind.OTHER;
    private boolean failAfterApplying;

    /// @param mostWrites the write after which `atLimit` runs
    MemoryStore(int mostWrites) {
        this.mostWrites = mostWrites;
    }

    void atLimit(Runnable action) {
        atLimit = action;
    }

    void failEvery(int writes, FailureKind kind, boolean afterApplying) {
        failEvery = writes;
        failure = kind;
        failAfterApplying = afterApplying;
    }

    @Override
    public void set(String key, String value) throws WriteFailedException {
        write(() -> values.put(key, value));
    }

    @Override
    public void append(String listKey, String element) throws WriteFailedException {
        write(() -> list(listKey).add(element));
    }

    /// The list itself, to be damaged.
    List<String> list(String key) {
        return lists.computeIfAbsent(key, _ -> new ArrayList<>());
    }

    @Override
    public long increment(String key) throws WriteFailedException {
        write(() -> values.put(key, Long.toString(count(key) + 1)));
        return count(key);
    }

    private long count(String key) {
        return Long.parseLong(values.getOrDefault(key, "0"));
    }

    private void write(Runnable effect) throws WriteFailedException {
        if (++writes == mostWrites) {
            atLimit.run();
        }
        boolean fails = writes % failEvery == 0;
        if (!fails || failAfterApplying) {
            effect.run();
        }
        if (fails) {
            throw new WriteFailedException(failure, new IllegalStateException("as told"));
        }
    }

    @Override
    public List<@Nullable String> values(List<String> keys) {
        return keys.stream().<@Nullable String>map(values::get).toList();
    }

    @Override
    public List<String> elements(String listKey, long first, int count) {
        var list = list(listKey);
        int from = Math.min((int) first, list.size());
        return List.copyOf(list.subList(from, Math.min(from + count, list.size())));
    }

    @Override
    public void close() {}
}
