package dev.keepsake.fleet;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineExaminer;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.Engines;
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

/// Which commands the engines of this machine have, and how fronts treat each. A program that could
/// not be examined when the server started is asked when its commands are wanted, and again if it
/// does not answer. Owned by the fleet's thread, which waits for an answer a moment, and not for a
/// program that hangs.
final class CommandTables {
    private static final long ANSWERS_WITHIN_MS = 2_000;

    private final Engines engines;
    private final EngineExaminer examiner;
    private final ThreadFactory threads;
    private final Map<EngineBinary, CompletableFuture<ServedEngine>> asked = new HashMap<>();

    /// @param threads in which programs are examined
    CommandTables(Engines engines, EngineExaminer examiner, ThreadFactory threads) {
        this.engines = engines;
        this.examiner = examiner;
        this.threads = threads;
    }

    /// What a front is told of a program.
    ///
    /// @throws IOException when the program does not say it, or has not yet
    ServedEngine of(EngineBinary program) throws IOException {
        var before = asked.get(program);
        var answer = before == null ? ask(program) : before;
        try {
            return answer.get(before == null ? ANSWERS_WITHIN_MS : 0, TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            throw new IOException(
                    "the engine %s has yet to say which commands it has".formatted(program.path()));
        } catch (ExecutionException e) {
            asked.remove(program);
            throw new IOException(
                    "the engine %s does not say which commands it has: %s"
                            .formatted(program.path(), reason(e)),
                    e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while an engine is asked for its commands", e);
        }
    }

    private static String reason(ExecutionException e) {
        var cause = e.getCause();
        return String.valueOf(cause == null ? e.getMessage() : cause.getMessage());
    }

    private CompletableFuture<ServedEngine> ask(EngineBinary program) {
        var answer = new CompletableFuture<ServedEngine>();
        asked.put(program, answer);
        var known = engines.factsOf(program);
        if (known.isPresent()) {
            complete(answer, known::get);
        } else {
            threads.newThread(() -> complete(answer, () -> examiner.examine(program))).start();
        }
        return answer;
    }

    private interface Examination {
        EngineFacts facts() throws IOException;
    }

    private static void complete(CompletableFuture<ServedEngine> answer, Examination examination) {
        try {
            var facts = examination.facts();
            var program = facts.binary();
            answer.complete(
                    new ServedEngine(
                            program.name(), program.version(), CommandTable.of(facts.commands())));
        } catch (IOException | CorruptReplyException e) {
            answer.completeExceptionally(e);
        } catch (RuntimeException e) {
            answer.completeExceptionally(e); // or nobody would ask again
            throw e;
        }
    }
}
