package dev.keepsake.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A log through many lives: leaders come and go, pipeline, retry, run out of space or of files,
/// and trim; a force fails, the process is killed or the machine loses its power at any moment.
/// What was acknowledged, or read after a reopen, has to be there ever after, byte for byte; what
/// was only ever refused must not.
///
/// The seed decides everything: the log's writer is held at each force, and while it is idle it is
/// given one request only, so that no timing decides which requests share a batch.
/// `-Dkeepsake.seed=N` replays one seed, `-Dkeepsake.seeds=N` runs that many.
class EmbeddedLogCrashSimulation {
    private static final long SEEDS = 500;

    @ParameterizedTest
    @MethodSource("seeds")
    void nothingAcknowledgedIsLostAndNothingRefusedIsKept(long seed) {
        var simulation = new Simulation(seed);
        try {
            simulation.run();
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError(
                    """
                    seed %d: %s
                    replay it with: mvn -pl log -am test -Dtest=EmbeddedLogCrashSimulation \
                    -Dkeepsake.seed=%d -Dsurefire.failIfNoSpecifiedTests=false
                    what had happened:
                    %s\
                    """
                            .formatted(seed, e.getMessage(), seed, simulation.history()),
                    e);
        }
    }

    static LongStream seeds() {
        var one = Long.getLong("keepsake.seed");
        return one != null
                ? LongStream.of(one)
                : LongStream.rangeClosed(1, Long.getLong("keepsake.seeds", SEEDS));
    }

    /// Bytes that somebody offers, once or again, at one place and in one term. No two of many
    /// bytes are equal; of one byte there are too few.
    private record Piece(Term term, long offset, ByteBuffer bytes) {
        static Piece of(LogEntry entry) {
            return new Piece(entry.term(), entry.firstOffset(), entry.payload());
        }

        LogEntry at(long index) {
            return new LogEntry(index, term, EntryKind.DATA, offset, bytes);
        }
    }

    /// A request that was made, and what is learned from its outcome.
    private record Call<T>(String what, CompletableFuture<T> outcome, Consumer<T> learn) {
        void learnOutcome(List<String> history) {
            assertThat(outcome).as(what).isDone();
            history.add(what + " -> " + outcome.join());
            learn.accept(outcome.join());
        }
    }

    /// One seed. A single thread drives it.
    private static final class Simulation {
        private static final Path DIRECTORY = Path.of("/log");
        private static final int LIVES = 6;
        private static final int STEPS_MAX = 20;
        private static final int PIPELINED_MAX = 12;
        private static final int MAX_PENDING_BYTES = 8_000;
        private static final int HISTORY_LINES = 40;

        private final SplittableRandom random;
        private final MemoryDisk machine = new MemoryDisk();
        private final List<String> faults = new CopyOnWriteArrayList<>();
        private final List<String> history = new ArrayList<>();

        // What has to be in the log from `trimmedBefore` on.
        private final TreeMap<Long, LogEntry> certain = new TreeMap<>();
        // By offset. One byte may be equal to one of a larger entry, and is acknowledged from that.
        private final TreeMap<Long, Byte> certainBytes = new TreeMap<>();
        private final TreeMap<Long, String> certainLeaders = new TreeMap<>();
        private Tail committed = Tail.EMPTY;
        private long trimmedBefore;

        // What may be in the log: what was acknowledged, or whose outcome is unknown.
        private final Set<Piece> possible = new HashSet<>();
        private final Set<String> possibleLeaders = new HashSet<>();

        private final List<Piece> offered = new ArrayList<>();
        private final List<Call<?>> calls = new ArrayList<>();
        private long made;
        private long nextIndex;
        private long nextOffset;

        Simulation(long seed) {
            random = new SplittableRandom(seed);
        }

        String history() {
            int from = Math.max(0, history.size() - HISTORY_LINES);
            return String.join("\n", history.subList(from, history.size()));
        }

        void run() throws IOException {
            for (int i = 0; i < LIVES; i++) {
                live(begin(), random.nextInt(STEPS_MAX));
            }
            begin().close();
        }

        // ---- lives

        /// Opens the log, which may take several attempts, and checks what it holds.
        private EmbeddedLog begin() throws IOException {
            while (true) {
                if (random.nextInt(6) == 0) {
                    failToOpen();
                }
                var log = open();
                check(log);
                if (random.nextInt(4) > 0) {
                    return log;
                }
                endProcess(); // what has been read must survive that, too
                log.close();
            }
        }

        private EmbeddedLog open() throws IOException {
            int[] recentBytes = {0, 400, 100_000};
            var options =
                    new EmbeddedLogOptions(4096, MAX_PENDING_BYTES, recentBytes[random.nextInt(3)]);
            return EmbeddedLog.open(
                    DIRECTORY,
                    machine.mount(),
                    options,
                    Thread.ofPlatform().daemon().name("log-writer").factory(),
                    (what, _) -> faults.add(what));
        }

        private void failToOpen() throws IOException {
            boolean force = random.nextBoolean();
            machine.failForces(force);
            machine.failWrite(force ? 0 : 1);
            try {
                open().close();
            } catch (CorruptLogException e) {
                throw e;
            } catch (IOException e) {
                history.add("cannot be opened: " + e.getMessage());
            }
            machine.failForces(false);
            machine.failWrite(0);
            endProcess();
        }

        private void live(EmbeddedLog log, int steps) throws IOException {
            boolean broken = false;
            try (var gate = machine.holdForces()) {
                nextIndex = log.tail().index() + 1;
                nextOffset = log.tail().endOffset();
                for (int i = 0; i < steps && !broken; i++) {
                    broken = !step(log, gate);
                }
                if (!broken && random.nextBoolean()) {
                    endProcess();
                }
            }
            log.close();
            learnOutcomes();
            committed = log.tail();
            // None is found either while a next segment is made, which can be done without.
            assertThat(faults).hasSizeLessThanOrEqualTo(broken ? 1 : 0);
            faults.clear();
            machine.failForces(false);
            machine.failWrite(0);
            machine.failNewFiles(false);
        }

        /// Power is lost, or the process killed.
        private void endProcess() {
            if (random.nextBoolean()) {
                history.add("the power is lost");
                machine.crash(random);
            } else {
                history.add("the process is killed");
                machine.kill();
            }
        }

        /// Makes one request, and more while the writer is held, until all are answered.
        ///
        /// @return false when the log's life is over
        private boolean step(EmbeddedLog log, MemoryDisk.Gate gate) throws IOException {
            if (random.nextInt(12) == 0) {
                machine.failWrite(1 + random.nextInt(2));
            }
            machine.failNewFiles(random.nextInt(4) == 0);
            if (random.nextInt(10) == 0) {
                trim(log);
            }
            boolean goesOn = true;
            request(log);
            while (goesOn && isHeld(gate)) {
                if (random.nextInt(3) == 0) {
                    for (int more = random.nextInt(PIPELINED_MAX); more > 0; more--) {
                        request(log);
                    }
                }
                switch (random.nextInt(40)) {
                    case 0, 1 -> {
                        goesOn = false;
                        endProcess();
                    }
                    case 2 -> {
                        goesOn = false;
                        history.add("a force fails");
                        machine.failForces(true);
                        gate.close();
                    }
                    default -> gate.passOne();
                }
            }
            if (goesOn) {
                learnOutcomes();
                nextIndex = log.tail().index() + 1;
                nextOffset = log.tail().endOffset();
            }
            return goesOn;
        }

        /// Waits until the writer is held in a force, or idle.
        private boolean isHeld(MemoryDisk.Gate gate) {
            var answered =
                    CompletableFuture.allOf(
                            calls.stream().map(Call::outcome).toArray(CompletableFuture[]::new));
            CompletableFuture.anyOf(answered, gate.arrival())
                    .orTimeout(120, TimeUnit.SECONDS)
                    .join();
            return gate.arrival().isDone();
        }

        // ---- requests

        private void request(EmbeddedLog log) {
            var term = log.tail().term();
            if (term.equals(Term.NONE)) {
                claim(log, nextIndex - 1);
                return;
            }
            var older = new Term(Math.max(1, term.number() - 1));
            switch (random.nextInt(20)) {
                case 0 -> append(log, piece(term, nextOffset + 1 + few(100)));
                case 1 -> append(log, piece(term, nextOffset - few(nextOffset + 1)));
                case 2 -> append(log, piece(older, nextOffset));
                case 3, 4 -> retry(log);
                case 5, 6 -> renew(log, term);
                case 7 -> renew(log, older);
                case 8 -> claim(log, nextIndex - 1);
                case 9 -> claim(log, nextIndex - few(nextIndex + 2));
                default -> {
                    append(log, piece(term, nextOffset));
                    nextOffset = offered.getLast().offset() + offered.getLast().bytes().remaining();
                    nextIndex++;
                }
            }
        }

        private Piece piece(Term term, long offset) {
            var bytes =
                    new byte
                            [switch (random.nextInt(8)) {
                                case 0 -> Long.BYTES + random.nextInt(3_000);
                                case 1, 2, 3 -> 1;
                                default -> Long.BYTES + random.nextInt(60);
                            }];
            random.nextBytes(bytes);
            var piece = new Piece(term, offset, ByteBuffer.wrap(bytes));
            if (bytes.length >= Long.BYTES) {
                piece.bytes().putLong(0, made++);
            }
            offered.add(piece);
            return piece;
        }

        /// Up to a bound, 0 or 1 as often as anything else.
        private long few(long bound) {
            return random.nextBoolean()
                    ? random.nextLong(bound)
                    : random.nextLong(Math.min(2, bound));
        }

        private void retry(EmbeddedLog log) {
            if (!offered.isEmpty()) {
                int newest = Math.min(offered.size(), 10);
                append(log, offered.get(offered.size() - 1 - random.nextInt(newest)));
            }
        }

        private void append(EmbeddedLog log, Piece piece) {
            call(
                    "append of %d bytes in term %d at %d"
                            .formatted(
                                    piece.bytes().remaining(),
                                    piece.term().number(),
                                    piece.offset()),
                    log.append(piece.term(), piece.offset(), piece.bytes().duplicate()),
                    outcome -> {
                        switch (outcome) {
                            case AppendOutcome.Appended(long index, long end) -> {
                                assertThat(end)
                                        .isEqualTo(piece.offset() + piece.bytes().remaining());
                                possible.add(piece);
                                if (piece.bytes().remaining() == 1) {
                                    certainBytes.put(piece.offset(), piece.bytes().get(0));
                                } else {
                                    makeCertain(piece.at(index));
                                }
                            }
                            case AppendOutcome.Unknown _ -> possible.add(piece);
                            case AppendOutcome.Fenced _,
                                    AppendOutcome.Misplaced _,
                                    AppendOutcome.Full _ -> {}
                        }
                    });
        }

        private void renew(EmbeddedLog log, Term term) {
            nextIndex += term.equals(log.tail().term()) ? 1 : 0;
            call(
                    "renewal of term " + term.number(),
                    log.renew(term),
                    outcome -> {
                        if (outcome instanceof AppendOutcome.Appended(long index, long end)) {
                            makeCertain(
                                    new LogEntry(
                                            index,
                                            term,
                                            EntryKind.LEASE,
                                            end,
                                            ByteBuffer.allocate(0)));
                        }
                    });
        }

        private void claim(EmbeddedLog log, long expectedTailIndex) {
            String node = "node-" + made++;
            nextIndex += expectedTailIndex == nextIndex - 1 ? 1 : 0;
            call(
                    "claim of %s behind %d".formatted(node, expectedTailIndex),
                    log.claim(node, expectedTailIndex),
                    outcome -> {
                        switch (outcome) {
                            case ClaimOutcome.Won(Term _, long index) -> {
                                assertThat(index).isEqualTo(expectedTailIndex + 1);
                                possibleLeaders.add(node);
                                certainLeaders.put(index, node);
                            }
                            case ClaimOutcome.Unknown _ -> possibleLeaders.add(node);
                            case ClaimOutcome.Behind _, ClaimOutcome.Full _ -> {}
                        }
                    });
        }

        private <T> void call(String what, CompletionStage<T> outcome, Consumer<T> learn) {
            calls.add(new Call<>(what, outcome.toCompletableFuture(), learn));
        }

        private void learnOutcomes() {
            calls.forEach(call -> call.learnOutcome(history));
            calls.clear();
        }

        private void makeCertain(LogEntry entry) {
            var known = certain.putIfAbsent(entry.index(), entry);
            assertThat(known == null || known.equals(entry))
                    .as("%s was known as %s", entry, known)
                    .isTrue();
        }

        private void trim(EmbeddedLog log) throws IOException {
            var tail = log.tail();
            long firstKept = random.nextLong(tail.index() + 2);
            if (random.nextInt(4) == 0) {
                assertThat(log.trim(tail.term().next(), firstKept)).isFalse();
            } else {
                history.add("trim before " + firstKept);
                trimmedBefore = Math.max(trimmedBefore, firstKept);
                try {
                    assertThat(log.trim(tail.term(), firstKept)).isTrue();
                } catch (IOException e) {
                    history.add("not trimmed: " + e.getMessage()); // the disk was full just then
                }
            }
        }

        // ---- the check

        private void check(EmbeddedLog log) throws IOException {
            var tail = log.tail();
            history.add("opened with " + tail);
            assertThat(tail.index()).isGreaterThanOrEqualTo(committed.index());
            assertThat(tail.endOffset()).isGreaterThanOrEqualTo(committed.endOffset());

            long first = firstHeld(log);
            assertThat(first).as("first held").isLessThanOrEqualTo(trimmedBefore);
            var found = readFrom(log, first);
            assertDense(found, first, tail);
            for (var entry : found) {
                assertThat(isPossible(entry)).as("%s was refused", entry).isTrue();
            }
            for (Map.Entry<Long, LogEntry> known : certain.tailMap(first).entrySet()) {
                assertThat(found.get(Math.toIntExact(known.getKey() - first)))
                        .as("what was acknowledged or read before")
                        .isEqualTo(known.getValue());
            }
            for (Map.Entry<Long, String> known : certainLeaders.tailMap(first).entrySet()) {
                var entry = found.get(Math.toIntExact(known.getKey() - first));
                assertThat(text(entry)).as("who won").isEqualTo(known.getValue());
            }
            found.forEach(this::checkBytes);
            assertThat(certainBytes.tailMap(tail.endOffset())).as("behind the end").isEmpty();
            found.forEach(this::makeCertain);
            committed = tail;
        }

        private void checkBytes(LogEntry entry) {
            var known = certainBytes.subMap(entry.firstOffset(), entry.endOffset());
            for (Map.Entry<Long, Byte> each : known.entrySet()) {
                int at = Math.toIntExact(each.getKey() - entry.firstOffset());
                assertThat(entry.payload().get(entry.payload().position() + at))
                        .as("the acknowledged byte at offset %d", each.getKey())
                        .isEqualTo(each.getValue());
            }
        }

        private static void assertDense(List<LogEntry> found, long first, Tail tail) {
            var end = Tail.EMPTY;
            for (var entry : found) {
                if (entry.index() > first) {
                    assertThat(entry.index()).isEqualTo(end.index() + 1);
                    assertThat(entry.firstOffset()).isEqualTo(end.endOffset());
                    boolean begins = entry.kind() == EntryKind.LEADER;
                    assertThat(entry.term()).isEqualTo(begins ? end.term().next() : end.term());
                }
                end = end.after(entry);
            }
            if (first == 0) {
                assertThat(end).isEqualTo(tail);
            } else if (!found.isEmpty()) {
                assertThat(end.index()).isEqualTo(tail.index());
                assertThat(end.term()).isEqualTo(tail.term());
                assertThat(end.endOffset()).isEqualTo(tail.endOffset());
            } else {
                assertThat(first).isEqualTo(tail.index() + 1);
            }
        }

        private boolean isPossible(LogEntry entry) {
            return switch (entry.kind()) {
                case DATA -> possible.contains(Piece.of(entry));
                case LEADER -> possibleLeaders.contains(text(entry));
                case LEASE -> !entry.payload().hasRemaining();
                case SNAPSHOT, CHECKSUM, SLOTS, ENGINE -> false;
            };
        }

        private static long firstHeld(EmbeddedLog log) throws IOException {
            long first = 0;
            while (true) {
                try {
                    log.read(first, 1);
                    return first;
                } catch (TrimmedException _) {
                    first++;
                }
            }
        }

        private List<LogEntry> readFrom(EmbeddedLog log, long first) throws IOException {
            var entries = new ArrayList<LogEntry>();
            while (true) {
                var some = log.read(first + entries.size(), random.nextInt(5_000));
                if (some.isEmpty()) {
                    return entries;
                }
                entries.addAll(some);
            }
        }

        private static String text(LogEntry entry) {
            return UTF_8.decode(entry.payload()).toString();
        }
    }
}
