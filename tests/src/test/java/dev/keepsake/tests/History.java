package dev.keepsake.tests;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/// What all clients of a test have seen, by key. Callable from any thread.
final class History {
    private final long startNs = System.nanoTime();
    private final Map<String, ConcurrentLinkedQueue<Operation>> byKey = new ConcurrentHashMap<>();

    /// Lets a client execute a command, and records what it was told. Refusals are no operations:
    /// they are repeated until the shard takes the command.
    void execute(ShardClient client, String name, String key, KeyCommand command) {
        var patience = new Waiting.Patience();
        while (true) {
            long invokedNs = nowNs();
            switch (client.ask(command.words(key))) {
                case Answer.Reply(String text) -> {
                    record(key, Operation.replied(name, command, invokedNs, nowNs(), text));
                    return;
                }
                case Answer.Unknown _ -> {
                    record(key, Operation.unknown(name, command, invokedNs));
                    return;
                }
                case Answer.Refused(String why) -> {
                    if (patience.isOver()) {
                        throw new AssertionError(
                                "the shard only answers %s: %s".formatted(why, patience));
                    }
                }
            }
        }
    }

    private long nowNs() {
        return System.nanoTime() - startNs;
    }

    private void record(String key, Operation operation) {
        Movement.noted();
        byKey.computeIfAbsent(key, _ -> new ConcurrentLinkedQueue<>()).add(operation);
    }

    /// What the checker says of each key.
    Map<String, LinearizabilityChecker.Verdict> verdicts() {
        return byKey.entrySet().stream()
                .collect(
                        Collectors.toMap(
                                Map.Entry::getKey,
                                each ->
                                        new LinearizabilityChecker()
                                                .check(List.copyOf(each.getValue()))));
    }

    /// How many commands got no reply.
    int unknown() {
        return (int)
                byKey.values().stream()
                        .flatMap(ConcurrentLinkedQueue::stream)
                        .filter(operation -> !operation.isKnown())
                        .count();
    }
}
