package dev.keepsake.fleet;

import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlRecord;
import dev.keepsake.control.ControlRecordCodec;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.Decision;
import dev.keepsake.core.FaultHandler;
import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The storage of the control plane: it decides, makes the decision durable, and then applies it.
/// The records are DATA entries of a transaction log, one entry for each decision, so a decision is
/// stored completely or not at all. From time to time the journal appends the whole state and trims
/// the entries before it.
///
/// Any thread may call. A lock serializes the calls, and each waits until its decision is durable.
/// When it is unknown whether a decision was stored, the caller gets an error that says so, and the
/// fault handler gets a report. Then nothing is decided any more until a restart has read the log
/// again.
///
/// Decision 14 (docs/decisions) says why the log is rewritten in place.
final class ControlJournal implements ControlService, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlJournal.class);
    private static final int READ_MAX_BYTES = 1 << 20;
    private static final int CLAIM_TRIES = 10;
    private static final int PART_MAX_BYTES = 256 << 10;
    private static final long DURABLE_WITHIN_MS = 10_000;

    private final String name;
    private final TransactionLog log;
    private final ControlState state;
    private final ControlPlane plane;
    private final FaultHandler faults;
    private final Runnable onChange;
    private final long rewriteAfterBytes;
    private final StateParts parts;
    private final ReentrantLock turn = new ReentrantLock(true);
    private Term term = Term.NONE;
    private long bytesSinceRewrite;
    private String predecessor = "";
    private @Nullable String broken;

    private ControlJournal(
            String name,
            TransactionLog log,
            ControlState state,
            ControlPlane plane,
            FaultHandler faults,
            Runnable onChange,
            long rewriteAfterBytes) {
        this.name = name;
        this.rewriteAfterBytes = rewriteAfterBytes;
        this.parts = new StateParts(state);
        this.log = log;
        this.state = state;
        this.plane = plane;
        this.faults = faults;
        this.onChange = onChange;
    }

    /// Reads the log from its beginning and claims its leadership.
    ///
    /// @param name the name of this process in the log; every process has another one
    /// @param onChange called after each decision that changed something, on the thread that
    ///   decided
    /// @param rewriteAfterBytes how many bytes of decisions may gather before the whole state is
    ///   written
    static ControlJournal open(
            String name,
            TransactionLog log,
            ControlState state,
            ControlPlane plane,
            FaultHandler faults,
            Runnable onChange,
            long rewriteAfterBytes)
            throws IOException {
        var journal =
                new ControlJournal(name, log, state, plane, faults, onChange, rewriteAfterBytes);
        journal.takeOver();
        journal.rewriteWhenLong();
        return journal;
    }

    /// The name of the process that led the log before; empty when none did.
    String predecessor() {
        return predecessor;
    }

    @Override
    public <R> R decide(Function<ControlPlane, Decision<R>> decision) {
        R response;
        turn.lock();
        try {
            checkUsable();
            var decided = decision.apply(plane);
            if (decided.records().isEmpty()) {
                return decided.response();
            }
            append(decided.records());
            decided.records().forEach(state::apply);
            decided.records().forEach(EventLog::log);
            response = decided.response();
            rewriteWhenLong();
        } finally {
            turn.unlock();
        }
        onChange.run();
        return response;
    }

    @Override
    public <R> R query(Function<ControlPlane, R> query) {
        turn.lock();
        try {
            return query.apply(plane);
        } finally {
            turn.unlock();
        }
    }

    /// Reads the state, for the fleet.
    <R> R read(Function<ControlState, R> query) {
        turn.lock();
        try {
            return query.apply(state);
        } finally {
            turn.unlock();
        }
    }

    @Override
    public void close() {
        log.close();
    }

    /*
     * The control log, oldest entry first. It begins with the log's oldest unit of storage:
     *
     *   … | decision | decision | part 0 | part 1 | … | part n | decision | decision | …
     *                           '------- the state ----------'
     *
     * The decisions before part 0 may begin in the middle of the history, and then give a state
     * that never existed. That is harmless, because the parts replace it as a whole. No entry
     * before part 0 is trimmed until part n is durable, and parts without the last one change
     * nothing. So a crash at any point leaves either all decisions or all parts. No decision is
     * made while parts are written.
     */
    private void rewriteWhenLong() {
        if (bytesSinceRewrite < rewriteAfterBytes) {
            return;
        }
        long firstPart = log.tail().index() + 1;
        try {
            for (var part : parts.of(PART_MAX_BYTES)) {
                append(part);
            }
            bytesSinceRewrite = 0;
            log.trim(term, firstPart);
        } catch (ControlUnavailableException e) {
            bytesSinceRewrite = 0; // the next try is after as many bytes
            LOG.warn("the control log was not rewritten reason={}", e.getMessage());
        } catch (IOException e) {
            LOG.warn("the control log was not trimmed reason={}", e.toString());
        }
    }

    /// The state after the last entry of a log that no process writes.
    static ControlState stateIn(TransactionLog log) throws IOException {
        var state = new ControlState();
        replay(log, new StateParts(state), log.firstIndex(), (_, _) -> {});
        return state;
    }

    /// Receives each entry that was applied.
    private interface Applied {
        /// @param endsState whether the entry completes a whole state
        void on(int bytes, boolean endsState);
    }

    /// Applies every record from entry `fromIndex` on.
    ///
    /// @return the index after the last entry
    private static long replay(
            TransactionLog log, StateParts parts, long fromIndex, Applied applied)
            throws IOException {
        long next = fromIndex;
        while (true) {
            var entries = log.read(next, READ_MAX_BYTES);
            if (entries.isEmpty()) {
                return next;
            }
            for (LogEntry entry : entries) {
                if (entry.kind() == EntryKind.DATA) {
                    var bytes = new byte[entry.payload().remaining()];
                    entry.payload().get(bytes);
                    applied.on(bytes.length, parts.apply(ControlRecordCodec.decode(bytes)));
                }
                next = entry.index() + 1;
            }
        }
    }

    private void countSinceRewrite(int bytes, boolean endsState) {
        bytesSinceRewrite = endsState ? 0 : bytesSinceRewrite + bytes;
    }

    /// Reads the log to its end and claims it. Some logs show their true end only to a claimant.
    /// Then the last entries of a dead predecessor are read after a first claim has failed, and the
    /// claim is repeated.
    private void takeOver() throws IOException {
        long next = log.firstIndex();
        for (int tries = 0; tries < CLAIM_TRIES; tries++) {
            next = replay(log, parts, next, this::countSinceRewrite);
            predecessor = log.tail().leader();
            switch (await(log.claim(name, next - 1))) {
                case ClaimOutcome.Won(Term won, long _) -> {
                    term = won;
                    return;
                }
                case ClaimOutcome.Behind _ -> {}
                case ClaimOutcome.Full(String reason) ->
                        throw new IOException("the control log has no room: " + reason);
                case ClaimOutcome.Unknown(Throwable cause) ->
                        throw new IOException("the control log cannot be written", cause);
            }
        }
        throw new IOException(
                "another process writes the control log; it is at entry " + log.tail().index());
    }

    private void append(List<ControlRecord> records) {
        var bytes = ByteBuffer.wrap(ControlRecordCodec.encode(records));
        bytesSinceRewrite += bytes.remaining();
        AppendOutcome outcome;
        try {
            outcome = await(log.append(term, log.tail().endOffset(), bytes));
        } catch (IOException e) {
            outcome = new AppendOutcome.Unknown(e);
        }
        var refusal = refusalOf(outcome);
        if (refusal != null) {
            throw refusal;
        }
    }

    private @Nullable ControlUnavailableException refusalOf(AppendOutcome outcome) {
        return switch (outcome) {
            case AppendOutcome.Appended _ -> null;
            case AppendOutcome.Full(String reason) ->
                    new ControlUnavailableException(
                            "nothing was changed: the control log has no room: " + reason);
            case AppendOutcome.Fenced(Term newer, String leader) ->
                    stop("%s took over in term %d".formatted(leader, newer.number()), null);
            case AppendOutcome.Misplaced(long end) ->
                    stop("the control log ends elsewhere, at offset " + end, null);
            case AppendOutcome.Unknown(Throwable cause) ->
                    stop(
                            "whether the last decision was kept is unknown: " + cause.getMessage(),
                            cause);
        };
    }

    private ControlUnavailableException stop(String why, @Nullable Throwable cause) {
        broken = why;
        faults.fatal("the control plane stops deciding: " + why, cause);
        return new ControlUnavailableException(why);
    }

    private void checkUsable() {
        if (broken != null) {
            throw new ControlUnavailableException(
                    "the control plane stopped and has to be restarted: " + broken);
        }
    }

    private static <T> T await(CompletionStage<T> stage) throws IOException {
        try {
            return stage.toCompletableFuture().get(DURABLE_WITHIN_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (TimeoutException e) {
            throw new IOException(
                    "the log did not answer within %d ms".formatted(DURABLE_WITHIN_MS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the log");
        }
    }
}
