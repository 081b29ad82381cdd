package dev.keepsake.fleet;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineSight;
import dev.keepsake.front.ServedEngine;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.CorruptReplyException;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/// The commands of this machine's engines, and how fronts treat each of them. A program that could
/// not be examined when the server started is examined before a cluster runs on it, and again if it
/// does not answer. The findings count in the same way as those at the start. Owned by the fleet's
/// thread, which never waits for a program.
final class CommandTables {
    /// Examines a program. Blocks.
    interface Examiner {
        EngineFacts examine(EngineBinary program) throws IOException;
    }

    private final ClusterEngines engines;
    private final Examiner examiner;
    private final ThreadFactory threads;
    private final Executor fleet;
    private final Runnable onAnswer;
    private final Set<EngineBinary> asked = new HashSet<>(); // and have not answered yet
    private final Map<EngineBinary, Exception> failures = new HashMap<>(); // of the last try
    private final Map<EngineBinary, Table> tables = new HashMap<>();

    /// @param facts the facts that it was made from
    private record Table(EngineFacts facts, ServedEngine served) {}

    /// @param engines knows the engines, and receives new findings
    /// @param threads creates the threads that examine programs
    /// @param fleet runs what it is given on the fleet's thread, or drops it once that has ended
    /// @param onAnswer called when clusters may be started that had to wait for an examination, or
    ///   cannot be
    CommandTables(
            ClusterEngines engines,
            Examiner examiner,
            ThreadFactory threads,
            Executor fleet,
            Runnable onAnswer) {
        this.engines = engines;
        this.examiner = examiner;
        this.threads = threads;
        this.fleet = fleet;
        this.onAnswer = onAnswer;
    }

    /// The commands of a program, in the form that a front needs.
    ///
    /// @throws IOException when the program does not list them, or has not listed them yet
    ServedEngine of(EngineBinary program) throws IOException {
        if (!examine(program)) {
            throw new IOException(
                    "the engine %s has not yet listed its commands".formatted(program.path()));
        }
        var facts = engines.engines().factsOf(program).orElse(null);
        if (facts == null) {
            throw new IOException(
                    "the engine %s is not installed any more".formatted(program.path()));
        }
        var before = tables.get(program);
        if (before != null && before.facts().equals(facts)) {
            return before.served();
        }
        try {
            var served =
                    new ServedEngine(
                            program.name(), program.version(), CommandTable.of(facts.commands()));
            tables.put(program, new Table(facts, served));
            return served;
        } catch (CorruptReplyException e) {
            throw notSaid(program, e);
        }
    }

    /// Has a program examined, unless it has been examined. New findings may make another engine
    /// the one to run.
    ///
    /// @return whether it has been; if not, the end of the examination is reported
    /// @throws IOException when it could not be examined; the next call tries again
    boolean examine(EngineBinary program) throws IOException {
        if (engines.engines().factsOf(program).isPresent()) {
            return true;
        }
        var failure = failures.get(program);
        if (asked.add(program)) {
            threads.newThread(() -> ask(program)).start();
        }
        if (failure != null) {
            throw notSaid(program, failure);
        }
        return false;
    }

    /// On a thread of its own.
    private void ask(EngineBinary program) {
        try {
            var facts = examiner.examine(program);
            fleet.execute(() -> onExamined(program, facts));
        } catch (IOException e) {
            fleet.execute(() -> onFailed(program, e));
        } catch (RuntimeException e) {
            fleet.execute(() -> onFailed(program, e)); // or nobody would ask again
            throw e;
        }
    }

    private void onExamined(EngineBinary program, EngineFacts facts) {
        asked.remove(program);
        failures.remove(program);
        engines.learn(program, new EngineSight.Examined(facts));
        onAnswer.run();
    }

    /// Who has been told of the first failure asks again after a pause.
    private void onFailed(EngineBinary program, Exception failure) {
        asked.remove(program);
        if (failures.put(program, failure) == null) {
            onAnswer.run();
        }
    }

    private static IOException notSaid(EngineBinary program, Exception cause) {
        return new IOException(
                "the engine %s does not list its commands: %s"
                        .formatted(program.path(), cause.getMessage()),
                cause);
    }
}
