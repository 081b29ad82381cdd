package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/// One client that feeds a list, and two that wait for its items and move them to another one.
final class BlockingMoves {
    private static final String WAIT_S = "0.2";

    private BlockingMoves() {}

    static List<Worker> workers(String name) {
        var movers = List.of(new Mover(name), new Mover(name));
        var workers = new ArrayList<Worker>(movers);
        workers.add(new Feeder(name, movers));
        return workers;
    }

    private static String source(String name) {
        return "{" + name + "}source";
    }

    private static String destination(String name) {
        return "{" + name + "}destination";
    }

    private static final class Feeder extends Worker {
        private final String name;
        private final List<Mover> movers;
        private final Ledger ledger = new Ledger();

        Feeder(String name, List<Mover> movers) {
            this.name = name;
            this.movers = movers;
        }

        @Override
        void work(ShardClient client) {
            int number = ledger.next();
            if (ledger.settle(number, client.ask(List.of("RPUSH", source(name), "" + number)))) {
                noteAcknowledged();
            }
        }

        @Override
        void check(Reader reader) {
            var moved = reader.list(destination(name));
            var items = new ArrayList<>(moved);
            items.addAll(reader.list(source(name)));
            ledger.assertExplains(name + " of " + reader.node(), items, _ -> true);

            var told = movers.stream().flatMap(mover -> mover.moved.stream()).toList();
            assertThat(told).as("items that two clients have moved").doesNotHaveDuplicates();
            assertThat(new HashSet<>(moved)).as("moved items").containsAll(told);
            int unknown = movers.stream().mapToInt(Mover::unknown).sum();
            assertThat(moved.size()).isBetween(told.size(), told.size() + unknown);
        }

        @Override
        int unknown() {
            return ledger.unknown();
        }
    }

    private static final class Mover extends Worker {
        private final List<String> command;
        private final List<Integer> moved = new ArrayList<>();
        private int unknown;

        Mover(String name) {
            command = List.of("BLMOVE", source(name), destination(name), "LEFT", "RIGHT", WAIT_S);
        }

        @Override
        void work(ShardClient client) {
            switch (client.ask(command)) {
                case Answer.Reply(String item) -> {
                    // A primary that hands over ends the wait; nothing has been moved then.
                    if (!item.equals("nil") && !item.startsWith("-UNBLOCKED ")) {
                        moved.add(Integer.valueOf(item));
                        noteAcknowledged();
                    }
                }
                case Answer.Unknown _ -> unknown++;
                case Answer.Refused _ -> {}
            }
        }

        @Override
        void check(Reader reader) {
            // the feeder knows what to expect
        }

        @Override
        int unknown() {
            return unknown;
        }
    }
}
