package dev.keepsake.fleet;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineSight;
import dev.keepsake.front.ServedEngine;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.CorruptReplyException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The commands of this machine's engines, and how fronts treat each of them. A program that could
/// not be examined when the server started is examined before a cluster runs on it, and again if it
/// does not answer. The findings count in the same way as those at the start. Owned by the fleet's
/// thread, which waits only a moment for an answer, and not for a program that hangs.
final class CommandTables {
    private static final long ANSWERS_WITHIN_MS = 2_000;

    /// Examines a program. Blocks.
    interface Examiner {
        EngineFacts examine(EngineBinary program) throws IOException;
    }

    private final ClusterEngines engines;
    private final Examiner examiner;
    private final ThreadFactory threads;
    private final Map<EngineBinary, CompletableFuture<EngineFacts>> asked = new HashMap<>();
    private final Map<EngineBinary, Table> tables = new HashMap<>();

    /// @param facts the facts that it was made from
    private record Table(EngineFacts facts, ServedEngine served) {}

    /// @param engines knows the engines, and receives new findings
    /// @param threads creates the threads that examine programs
    CommandTables(ClusterEngines engines, Examiner examiner, ThreadFactory threads) {
        this.engines = engines;
        this.examiner = examiner;
        this.threads = threads;
    }

    /// The commands of a program, in the form that a front needs.
    ///
    /// @throws IOException when the program does not list them, or has not listed them yet
    ServedEngine of(EngineBinary program) throws IOException {
        examine(program);
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

    /// Has a program examined, unless it has been examined.
    ///
    /// @return whether new findings arrived, so that another engine may have to be chosen
    /// @throws IOException when it cannot be examined, or has not answered yet
    boolean examine(EngineBinary program) throws IOException {
        if (engines.engines().factsOf(program).isPresent()) {
            return false;
        }
        var before = asked.get(program);
        var answer = before == null ? ask(program) : before;
        try {
            var facts = answer.get(before == null ? ANSWERS_WITHIN_MS : 0, TimeUnit.MILLISECONDS);
            asked.remove(program);
            engines.learn(program, new EngineSight.Examined(facts));
            return true;
        } catch (TimeoutException _) {
            throw new IOException(
                    "the engine %s has not yet listed its commands".formatted(program.path()));
        } catch (ExecutionException e) {
            asked.remove(program);
            throw notSaid(program, e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking an engine for its commands", e);
        }
    }

    private static IOException notSaid(EngineBinary program, Throwable cause) {
        return new IOException(
                "the engine %s does not list its commands: %s"
                        .formatted(program.path(), cause.getMessage()),
                cause);
    }

    private CompletableFuture<EngineFacts> ask(EngineBinary program) {
        var answer = new CompletableFuture<EngineFacts>();
        asked.put(program, answer);
        threads.newThread(() -> examine(program, answer)).start();
        return answer;
    }

    private void examine(EngineBinary program, CompletableFuture<EngineFacts> answer) {
        try {
            answer.complete(examiner.examine(program));
        } catch (IOException e) {
            answer.completeExceptionally(e);
        } catch (RuntimeException e) {
            answer.completeExceptionally(e); // so that the next call asks again
            throw e;
        }
    }
}
