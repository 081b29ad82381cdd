package dev.keepsake.tests;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What clients do while something fails: one column of the crash matrix.
enum Load {
    SINGLE_COMMANDS,
    PIPELINES_OF_32,
    TRANSACTIONS,
    SCRIPTS,
    BLOCKING_MOVES;

    private static final int WRITERS = 3;

    /// The clients of a load.
    List<Worker> workers() {
        var workers = new ArrayList<Worker>();
        for (int i = 0; i < WRITERS; i++) {
            var name = "%s-%d".formatted(name().toLowerCase(Locale.ROOT), i);
            switch (this) {
                case SINGLE_COMMANDS -> workers.add(new SingleCommands(name, 1));
                case PIPELINES_OF_32 -> workers.add(new SingleCommands(name, 32));
                case TRANSACTIONS ->
                        workers.add(new AllOrNothing(name, AllOrNothing.By.TRANSACTION));
                case SCRIPTS -> workers.add(new AllOrNothing(name, AllOrNothing.By.SCRIPT));
                case BLOCKING_MOVES -> workers.addAll(BlockingMoves.workers(name));
            }
        }
        return workers;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
