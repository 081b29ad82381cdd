package dev.keepsake.tests;

import dev.keepsake.core.Term;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.fleet.LogFactory;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.log.bookkeeper.BookKeeperOptions;
import dev.keepsake.log.bookkeeper.Quorum;
import dev.keepsake.log.bookkeeper.TestBookKeeper;
import dev.keepsake.server.ServerParts;
import dev.keepsake.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The log of the only shard of cluster "demo", on BookKeeper, opened beside the server that leads
/// it: what another server would do with it.
final class SharedLog implements AutoCloseable {
    private static final String NODE = "demo-0001-001";

    private final LogFactory logs;
    private final TransactionLog log;

    private SharedLog(LogFactory logs, TransactionLog log) {
        this.logs = logs;
        this.log = log;
    }

    /// @param data the directory of the server that has made the cluster
    static SharedLog of(TestBookKeeper bookKeeper, Path data) throws Exception {
        var logs = parts(bookKeeper, data).logs();
        try {
            return new SharedLog(logs, logs.open(logOf(data)));
        } catch (IOException e) {
            logs.close();
            throw e;
        }
    }

    /// Of a server whose logs are there.
    static ServerParts parts(TestBookKeeper bookKeeper, Path data) throws StartException {
        return ServerParts.onBookKeeper(
                BookKeeperOptions.standard(
                        bookKeeper.metadata(), bookKeeper.ledgersPath(), Quorum.standard()),
                data);
    }

    /// Where the log is kept, as if it were kept in the data directory.
    private static Path logOf(Path data) throws IOException {
        try (var files = Files.walk(data)) {
            var snapshots =
                    files.filter(file -> file.endsWith("0001-snapshots")).findFirst().orElseThrow();
            return snapshots.resolveSibling("0001");
        }
    }

    TransactionLog log() {
        return log;
    }

    /// Becomes the leader, whoever leads.
    Term lead() {
        while (true) {
            var outcome = log.claim(NODE, log.tail().index());
            if (outcome.toCompletableFuture().join() instanceof ClaimOutcome.Won(Term term, _)) {
                return term;
            }
        }
    }

    /// Begins a term of another engine, and writes nothing more.
    void lead(EngineStamp engine) {
        while (true) {
            var term = lead();
            var noted = log.note(term, EntryKind.ENGINE, log.tail().endOffset(), engine.encode());
            if (noted.toCompletableFuture().join() instanceof AppendOutcome.Appended) {
                return;
            }
        }
    }

    @Override
    public void close() {
        log.close();
        logs.close();
    }
}
