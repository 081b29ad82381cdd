package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

/// Sets keys of their own, fills a list and counts, in turn: some commands at once, each of which
/// stands for itself.
final class SingleCommands extends Worker {
    private static final int KINDS = 3;
    private static final int KEY = 0;
    private static final int LIST = 1;
    private static final int COUNTER = 2;

    private final String name;
    private final int pipelined;
    private final Ledger ledger = new Ledger();
    private long counted;

    SingleCommands(String name, int pipelined) {
        this.name = "{" + name + "}";
        this.pipelined = pipelined;
    }

    @Override
    void work(ShardClient client) {
        var numbers = new ArrayList<Integer>();
        var commands = new ArrayList<List<String>>();
        for (int i = 0; i < pipelined; i++) {
            int number = ledger.next();
            numbers.add(number);
            commands.add(command(number));
        }
        var answers = client.askAll(commands);
        for (int i = 0; i < pipelined; i++) {
            settle(numbers.get(i), answers.get(i));
        }
    }

    private List<String> command(int number) {
        return switch (number % KINDS) {
            case KEY -> List.of("SET", name + number, "" + number);
            case LIST -> List.of("RPUSH", name + "list", "" + number);
            default -> List.of("INCR", name + "counter");
        };
    }

    private void settle(int number, Answer answer) {
        if (ledger.settle(number, answer)) {
            noteAcknowledged();
            if (number % KINDS == COUNTER && answer instanceof Answer.Reply(String count)) {
                assertThat(Long.parseLong(count)).as("INCR").isGreaterThan(counted);
                counted = Long.parseLong(count);
            }
        }
    }

    @Override
    void check(Reader reader) {
        var where = name + " of " + reader.node();
        ledger.assertExplains(
                "keys " + where, reader.values(name, ledger.size()), n -> n % KINDS == KEY);
        ledger.assertExplains("list " + where, reader.list(name + "list"), n -> n % KINDS == LIST);
        long count = reader.count(name + "counter");
        ledger.assertExplains("counter " + where, count, n -> n % KINDS == COUNTER);
        assertThat(count).as("counter %s", where).isGreaterThanOrEqualTo(counted);
    }

    @Override
    int unknown() {
        return ledger.unknown();
    }
}
