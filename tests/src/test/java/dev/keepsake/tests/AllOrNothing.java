package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/// Adds each number to two lists and counts it, by a transaction or by a script: all of it must be
/// there, or nothing.
final class AllOrNothing extends Worker {
    /// How the three are done as one.
    enum By {
        TRANSACTION,
        SCRIPT
    }

    private static final String SCRIPT =
            """
            redis.call('RPUSH', KEYS[1], ARGV[1])
            redis.call('RPUSH', KEYS[2], ARGV[1])
            return redis.call('INCR', KEYS[3])
            """;

    private final By by;
    private final String left;
    private final String right;
    private final String counter;
    private final Ledger ledger = new Ledger();

    AllOrNothing(String name, By by) {
        this.by = by;
        this.left = "{" + name + "}left";
        this.right = "{" + name + "}right";
        this.counter = "{" + name + "}counter";
    }

    @Override
    void work(ShardClient client) {
        int number = ledger.next();
        // The last answer is that of EXEC, or of EVAL.
        if (ledger.settle(number, client.askAll(commands("" + number)).getLast())) {
            noteAcknowledged();
        }
    }

    private List<List<String>> commands(String number) {
        return switch (by) {
            case TRANSACTION ->
                    List.of(
                            List.of("MULTI"),
                            List.of("RPUSH", left, number),
                            List.of("RPUSH", right, number),
                            List.of("INCR", counter),
                            List.of("EXEC"));
            case SCRIPT -> List.of(List.of("EVAL", SCRIPT, "3", left, right, counter, number));
        };
    }

    @Override
    void check(Reader reader) {
        var lefts = reader.list(left);
        assertThat(reader.list(right)).as("%s, like %s", right, left).isEqualTo(lefts);
        assertThat(reader.count(counter)).as("%s, like %s", counter, left).isEqualTo(lefts.size());
        ledger.assertExplains(left + " of " + reader.node(), lefts, _ -> true);
    }

    @Override
    int unknown() {
        return ledger.unknown();
    }
}
