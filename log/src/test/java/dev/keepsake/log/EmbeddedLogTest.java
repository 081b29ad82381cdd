package dev.keepsake.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddedLogTest extends TransactionLogConformance {
    private static final Path DIRECTORY = Path.of("/log");
    private static final Path FIRST_SEGMENT = segment(0);
    private static final Path BOUNDS = DIRECTORY.resolve(LogBounds.FILE_NAME);
    private static final EmbeddedLogOptions SMALL = new EmbeddedLogOptions(4096, 1 << 20, 2048);
    private static final Term TERM = new Term(1);

    private final MemoryDisk machine = new MemoryDisk();
    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final List<EmbeddedLog> opened = new ArrayList<>();

    @Override
    protected TransactionLog open() throws IOException {
        return open(SMALL);
    }

    @Override
    protected TransactionLog reopen() throws IOException {
        return open(SMALL);
    }

    private EmbeddedLog open(EmbeddedLogOptions options) throws IOException {
        return open(options, machine.mount());
    }

    private EmbeddedLog open(EmbeddedLogOptions options, Disk disk) throws IOException {
        var log =
                EmbeddedLog.open(
                        DIRECTORY,
                        disk,
                        options,
                        Thread.ofPlatform().daemon().name("log-writer").factory(),
                        (what, _) -> faults.add(what));
        opened.add(log);
        return log;
    }

    /// The machine as it is when no log has been opened yet.
    private EmbeddedLog begin(EmbeddedLogOptions options) throws IOException {
        loseEverything();
        var log = open(options);
        await(log.claim("a", -1));
        return log;
    }

    private void loseEverything() throws IOException {
        closeAll();
        for (var name : machine.mount().list(DIRECTORY)) {
            machine.lose(DIRECTORY.resolve(name));
        }
    }

    @AfterEach
    void closeAll() {
        opened.forEach(EmbeddedLog::close);
        opened.clear();
        assertThat(faults).isEmpty();
    }

    // ---- what is found when a log is opened

    @Test
    void aTornEndIsCutWhereverItWasTorn() throws IOException, InterruptedException {
        var log = begin(SMALL);
        append(log, "forced");
        int whole = appendAsOneBatch(log, "one", "three", "seven!!");
        machine.kill();
        log.close();
        var bytes = machine.bytes(FIRST_SEGMENT);
        var bounds = machine.bytes(BOUNDS);
        var ends = List.of(whole, whole + 44, whole + 90, whole + 138);
        assertThat(bytes).hasSize(ends.getLast());

        for (int length = whole; length <= bytes.length; length++) {
            machine.overwrite(FIRST_SEGMENT, Arrays.copyOf(bytes, length));
            machine.overwrite(BOUNDS, bounds);
            int cut = length;
            long left = ends.stream().filter(end -> end <= cut).count() - 1;
            var found = open(SMALL);
            assertThat(found.tail().index()).as("torn at byte %d", length).isEqualTo(2 + left);
            assertThat(machine.bytes(FIRST_SEGMENT)).hasSize(ends.get((int) left));

            append(found, "goes on");
            var tail = found.tail();
            found.close();
            var again = open(SMALL);
            assertThat(again.tail()).isEqualTo(tail);
            assertThat(text(again)).startsWith("forced").endsWith("goes on");
            again.close();
        }
    }

    @Test
    void anEndOfZerosOrOfNoiseIsCut() throws IOException {
        var log = begin(SMALL);
        append(log, "forced");
        log.close();
        var bytes = machine.bytes(FIRST_SEGMENT);
        var random = new SplittableRandom(7);
        for (int extra = 1; extra < 200; extra++) {
            var tail = Arrays.copyOf(bytes, bytes.length + extra);
            if (extra % 2 == 0) {
                for (int i = bytes.length; i < tail.length; i++) {
                    tail[i] = (byte) random.nextInt();
                }
            }
            machine.overwrite(FIRST_SEGMENT, tail);
            open(SMALL).close();
            assertThat(machine.bytes(FIRST_SEGMENT)).isEqualTo(bytes);
        }
    }

    @Test
    void aFlippedBitBeforeTheEndIsReportedAndNothingIsChanged() throws IOException {
        var log = begin(SMALL);
        append(log, "before");
        int from = machine.bytes(FIRST_SEGMENT).length;
        append(log, "damaged");
        int to = machine.bytes(FIRST_SEGMENT).length;
        append(log, "behind");
        log.close();

        for (int at = from; at < to; at++) {
            int bit = at % Byte.SIZE;
            machine.flipBit(FIRST_SEGMENT, at, bit);
            var before = machine.picture();
            assertThatExceptionOfType(CorruptLogException.class)
                    .as("bit %d of byte %d", bit, at)
                    .isThrownBy(() -> open(SMALL))
                    .withMessageContaining(FIRST_SEGMENT + " is damaged at byte " + from);
            assertThat(machine.picture()).isEqualTo(before);
            machine.flipBit(FIRST_SEGMENT, at, bit);
        }
        assertThat(text(open(SMALL))).isEqualTo("beforedamagedbehind");
        assertThat(machine.openFiles()).as("those of the open log").isEqualTo(2);
    }

    @Test
    void damageInASegmentThatIsNotTheLastIsReportedEvenAtItsEnd() throws IOException {
        var segments = threeSegments();
        var first = segments.getFirst();
        var bytes = machine.bytes(first);
        for (int missing : new int[] {1, 100, 1_000}) {
            machine.overwrite(first, Arrays.copyOf(bytes, bytes.length - missing));
            assertCorrupt(first.toString(), "byte");
        }
    }

    @Test
    void aMissingSegmentIsReported() throws IOException {
        var segments = threeSegments();
        machine.lose(segments.get(1));
        assertCorrupt(segments.get(2).toString(), "missing file", name(segments.get(1)));
    }

    @Test
    void aMissingLastSegmentIsReported() throws IOException {
        var segments = threeSegments();
        machine.lose(segments.getLast());
        assertCorrupt(segments.getLast() + " is missing");
    }

    @Test
    void aMissingFirstSegmentIsReported() throws IOException {
        var segments = threeSegments();
        machine.lose(segments.getFirst());
        assertCorrupt(segments.getFirst() + " is missing");
    }

    @Test
    void theLossOfAllSegmentsIsReported() throws IOException {
        var segments = threeSegments();
        for (var segment : segments) {
            machine.lose(segment);
        }
        assertCorrupt(segments.getLast() + " is missing");
    }

    @Test
    void ofATrimmedLogTheFirstSegmentThatIsKeptIsMissed() throws IOException {
        threeSegments();
        var log = open(SMALL);
        assertThat(log.trim(TERM, 7)).isTrue();
        log.close();
        var kept = segments();
        assertThat(kept).hasSize(2);
        open(SMALL).close();
        machine.lose(kept.getFirst());
        assertCorrupt(kept.getFirst() + " is missing");
    }

    @Test
    void theFileThatSaysWhatHasToBeThereIsMissedItself() throws IOException {
        threeSegments();
        var bytes = machine.bytes(BOUNDS);
        machine.lose(BOUNDS);
        assertCorrupt(BOUNDS + " is missing or damaged");
        machine.mount().open(BOUNDS).close();
        machine.overwrite(BOUNDS, bytes);
        open(SMALL).close();
        machine.overwrite(BOUNDS, new byte[bytes.length]);
        assertCorrupt(BOUNDS + " is missing or damaged");
    }

    @Test
    void oneOfTheTwoSlotsMayBeTorn() throws IOException {
        var segments = threeSegments();
        var bytes = machine.bytes(BOUNDS);
        assertThat(bytes).hasSize(1024);
        for (int slot = 0; slot < 2; slot++) {
            machine.flipBit(BOUNDS, 512 * slot + 20, 3);
            var log = open(SMALL);
            assertThat(log.tail().index()).isEqualTo(12);
            log.close();
            machine.overwrite(BOUNDS, bytes);
        }
        machine.lose(segments.getLast());
        assertCorrupt(segments.getLast() + " is missing");
    }

    /// Logs of before there was such a file: one that has never been opened since.
    @Test
    void aLogThatIsOlderThanTheFileOpensAndIsGuardedFromThenOn() throws Exception {
        var segments = threeSegments();
        machine.lose(BOUNDS);
        machine.lose(DIRECTORY.resolve(LogReserve.FILE_NAME));
        for (var segment : segments) {
            makeOld(segment);
        }
        var log = open(SMALL);
        assertThat(text(log)).isEqualTo("x".repeat(12_000));
        append(log, "and more");
        log.close();
        assertThat(text(open(SMALL))).endsWith("and more");
        closeAll();
        var newest = segments().getLast();
        machine.lose(newest);
        assertCorrupt(newest + " is missing");
    }

    /// Gives a segment the header that it would have had.
    private void makeOld(Path segment) throws IOException {
        var bytes = ByteBuffer.wrap(machine.bytes(segment));
        bytes.put(7, (byte) '1');
        var crc = new CRC32C();
        crc.update(bytes.slice(0, Segment.HEADER_BYTES - Integer.BYTES));
        bytes.putInt(Segment.HEADER_BYTES - Integer.BYTES, (int) crc.getValue());
        machine.overwrite(segment, bytes.array());
    }

    /// Not so when the process was killed: there the last batch may be what nobody was told of.
    @Test
    void afterAnOrderlyEndAFlippedBitInTheLastBatchIsReportedToo() throws IOException {
        var log = begin(SMALL);
        append(log, "before");
        int from = machine.bytes(FIRST_SEGMENT).length;
        append(log, "the last batch");
        int to = machine.bytes(FIRST_SEGMENT).length;
        log.close();
        for (int at = from; at < to; at++) {
            machine.flipBit(FIRST_SEGMENT, at, at % Byte.SIZE);
            assertCorrupt(FIRST_SEGMENT + " is damaged at byte " + from, "entry 2 was durable");
            machine.flipBit(FIRST_SEGMENT, at, at % Byte.SIZE);
        }
        var whole = machine.bytes(FIRST_SEGMENT);
        machine.overwrite(FIRST_SEGMENT, Arrays.copyOf(whole, from));
        assertCorrupt(FIRST_SEGMENT + " ends with entry 1, but entry 2 was durable");
        machine.overwrite(FIRST_SEGMENT, whole);
        assertThat(text(open(SMALL))).isEqualTo("beforethe last batch");
    }

    @Test
    void aDamagedHeaderBeforeOtherSegmentsIsReported() throws IOException {
        for (var segment : threeSegments().subList(0, 2)) {
            for (int at = 0; at < Segment.HEADER_BYTES; at += 37) {
                machine.flipBit(segment, at, 3);
                assertCorrupt(segment.toString(), "header");
                machine.flipBit(segment, at, 3);
            }
        }
        open(SMALL);
    }

    @Test
    void aDamagedHeaderBeforeEntriesIsReported() throws IOException {
        var segments = threeSegments();
        for (int at = 0; at < Segment.HEADER_BYTES; at += 37) {
            machine.flipBit(segments.getLast(), at, 3);
            assertCorrupt(segments.getLast().toString(), "header");
            machine.flipBit(segments.getLast(), at, 3);
        }
        open(SMALL);
    }

    @Test
    void aSegmentWhoseHeaderWasNotFinishedIsMadeAnew() throws IOException {
        var begun = begin(SMALL);
        byte[] bounds = machine.bytes(BOUNDS);
        while (segments().size() < 3) {
            bounds = machine.bytes(BOUNDS);
            append(begun, "x".repeat(1_000));
        }
        machine.kill();
        begun.close();
        var last = segments().getLast();
        var header = Arrays.copyOf(machine.bytes(last), Segment.HEADER_BYTES);
        for (int length = 0; length < Segment.HEADER_BYTES; length += 7) {
            machine.overwrite(last, Arrays.copyOf(header, length));
            machine.overwrite(BOUNDS, bounds);
            var log = open(SMALL);
            var tail = log.tail();
            assertThat(last).isEqualTo(segment(tail.index() + 1));
            append(log, "in the segment made anew");
            log.close();
            var again = open(SMALL);
            assertThat(again.tail().index()).isEqualTo(tail.index() + 1);
            assertThat(text(again)).endsWith("in the segment made anew");
            again.close();
        }
    }

    @Test
    void anUnfinishedFirstSegmentIsAnEmptyLog() throws IOException {
        loseEverything();
        var disk = machine.mount();
        var bounds = LogBounds.open(disk, DIRECTORY);
        bounds.promise(LogBounds.Promise.OF_NOTHING);
        bounds.close();
        disk.open(FIRST_SEGMENT).close();
        var log = open(SMALL);
        assertThat(log.tail()).isEqualTo(Tail.EMPTY);
        assertThat(await(log.claim("a", -1))).isEqualTo(new ClaimOutcome.Won(TERM, 0));
    }

    @Test
    void aTrimmedLogWithoutItsLastHeaderIsNotTakenForAnEmptyOne() throws IOException {
        var last = threeSegments().getLast();
        var log = open(SMALL);
        log.trim(TERM, Long.MAX_VALUE);
        log.close();
        machine.overwrite(last, new byte[Segment.HEADER_BYTES]);
        assertCorrupt(last.toString(), "header");
    }

    @Test
    void whatAKilledProcessLeftUnforcedIsForcedBeforeAnyoneReadsIt() throws Exception {
        for (int seed = 0; seed < 20; seed++) {
            var log = begin(SMALL);
            CompletionStage<AppendOutcome> underWay;
            try (var held = machine.holdForces()) {
                underWay = log.append(TERM, 0, bytes("written, not forced"));
                held.awaitForce();
                machine.kill();
            }
            assertThat(await(underWay)).isInstanceOf(AppendOutcome.Unknown.class);
            log.close();
            faults.clear();

            assertThat(text(open(SMALL))).isEqualTo("written, not forced");
            machine.crash(new SplittableRandom(seed));
            assertThat(text(open(SMALL))).isEqualTo("written, not forced");
        }
    }

    @Test
    void aSecondLogInTheSameDirectoryIsRefused() throws IOException {
        assertThatIOException()
                .isThrownBy(() -> open(SMALL))
                .withMessageContaining(DIRECTORY + " is in use");
        closeAll();
        open(SMALL);
    }

    // ---- no space

    @Test
    void whenSpaceIsBackTheSameBytesAreAccepted() throws IOException {
        var log = begin(SMALL);
        append(log, "before");
        int size = machine.bytes(FIRST_SEGMENT).length;
        machine.capacityBytes(machine.usedBytes() + 50);

        for (int i = 0; i < 3; i++) {
            assertFull(await(log.append(TERM, 6, bytes("needs more room than there is"))));
            assertThat(machine.bytes(FIRST_SEGMENT)).as("cut back").hasSize(size);
        }
        assertThat(log.tail()).isEqualTo(new Tail(1, TERM, "a", 0, 6));
        assertThat(log.pendingBytes()).isZero();
        assertThat(await(log.append(TERM, 6, bytes("fits"))))
                .isEqualTo(new AppendOutcome.Appended(2, 10));

        machine.capacityBytes(Long.MAX_VALUE);
        append(log, "needs more room than there is");
        log.close();
        assertThat(text(open(SMALL))).isEqualTo("beforefitsneeds more room than there is");
    }

    @Test
    void theWholeBatchIsRefusedForWantOfSpaceAndWhatIsBehindIsMisplaced() throws Exception {
        var log = begin(SMALL);
        append(log, "before");
        var outcomes = new ArrayList<CompletionStage<AppendOutcome>>();
        try (var held = machine.holdForces()) {
            log.renew(TERM);
            held.awaitForce();
            outcomes.add(log.append(TERM, 6, bytes("one")));
            outcomes.add(log.append(TERM, 9, bytes("two")));
            outcomes.add(log.renew(TERM));
            machine.failWrite(1);
        }
        assertFull(await(outcomes.get(0)));
        assertFull(await(outcomes.get(1)));
        assertThat(await(outcomes.get(2))).isEqualTo(new AppendOutcome.Appended(3, 6));
        assertThat(await(log.append(TERM, 12, bytes("behind"))))
                .isEqualTo(new AppendOutcome.Misplaced(6));
        assertThat(log.tail().index()).isEqualTo(3);
        append(log, "one");
        append(log, "two");
        log.close();
        assertThat(text(open(SMALL))).isEqualTo("beforeonetwo");
    }

    @Test
    void aRetryBehindARefusalIsNotAcknowledged() throws Exception {
        var log = begin(SMALL);
        CompletionStage<AppendOutcome> original;
        CompletionStage<AppendOutcome> retry;
        try (var held = machine.holdForces()) {
            log.renew(TERM);
            held.awaitForce();
            original = log.append(TERM, 0, bytes("bytes"));
            retry = log.append(TERM, 0, bytes("bytes"));
            machine.failWrite(1);
        }
        assertFull(await(original));
        assertThat(await(retry)).isNotInstanceOf(AppendOutcome.Appended.class);
        assertThat(log.tail().endOffset()).isZero();
    }

    @Test
    void noSpaceForTheNextSegmentRefusesUntilThereIsSome() throws IOException {
        var log = begin(SMALL);
        append(log, "x".repeat(4096));
        long used = machine.usedBytes();
        for (int room = 0; room < 600; room += 50) {
            machine.capacityBytes(used + room);
            assertFull(await(log.append(TERM, 4096, bytes("y".repeat(700)))));
        }
        assertThat(machine.openFiles()).isLessThanOrEqualTo(3);
        assertThat(log.tail().endOffset()).isEqualTo(4096);
        machine.capacityBytes(Long.MAX_VALUE);
        append(log, "y".repeat(700));
        log.close();
        assertThat(text(open(SMALL))).isEqualTo("x".repeat(4096) + "y".repeat(700));
    }

    /// No room for the next segment's header, for a part of the entry in the present segment, or
    /// for the entry in the next one.
    @ParameterizedTest
    @ValueSource(ints = {0, 100, 600})
    void aLogThatWasFullSurvivesACrash(int room) throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            var log = begin(SMALL);
            append(log, "x".repeat(4096));
            machine.capacityBytes(machine.usedBytes() + room);
            assertFull(await(log.append(TERM, 4096, bytes("refused".repeat(30)))));
            machine.crash(new SplittableRandom(seed));
            machine.capacityBytes(Long.MAX_VALUE);
            var found = open(SMALL);
            assertThat(text(found)).isEqualTo("x".repeat(4096));
            append(found, "accepted");
        }
    }

    /// As on file systems that look for room only when they have to: the batch is cut off, in the
    /// present segment and in one that has just been begun.
    @ParameterizedTest
    @CsvSource({"1000, 1", "4096, 3"})
    void aForceThatFindsNoSpaceLeavesALogThatSurvivesACrash(int before, int failingForce)
            throws IOException {
        for (int seed = 0; seed < 40; seed++) {
            var log = begin(SMALL);
            append(log, "x".repeat(before));
            machine.failForceForWantOfSpace(failingForce);
            assertFull(await(log.append(TERM, before, bytes("refused"))));
            machine.crash(new SplittableRandom(seed));
            var found = open(SMALL);
            assertThat(text(found)).isEqualTo("x".repeat(before));
            append(found, "accepted");
            found.close();
            assertThat(text(open(SMALL))).endsWith("accepted");
        }
    }

    /// Quotas, media errors, words in any language or none: a write that fails has told nobody
    /// anything, so the log cuts it off and goes on.
    @Test
    void aWriteThatFailsForAnyReasonIsTakenBackAndTheLogGoesOn() throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            for (var words : Arrays.asList("Input/output error", "", null)) {
                var log = begin(SMALL);
                append(log, "before");
                machine.failWrite(1, words);
                assertFull(await(log.append(TERM, 6, bytes("refused"))));
                assertThat(await(log.renew(TERM))).isInstanceOf(AppendOutcome.Appended.class);
                machine.crash(new SplittableRandom(seed));
                log = open(SMALL);
                assertThat(text(log)).isEqualTo("before");
                machine.failWrite(1, words);
                assertFull(await(log.append(TERM, 6, bytes("refused"))));
                append(log, " and after");
                machine.crash(new SplittableRandom(seed));
                assertThat(text(open(SMALL))).isEqualTo("before and after");
            }
        }
    }

    /// What its words are decides nothing: a full disk is known by what it says of its room.
    @Test
    void aForceThatFailsOnADiskWithRoomIsUnknownWhateverItsWords() throws IOException {
        var log = begin(SMALL);
        append(log, "before");
        machine.failForce(1, "No space left on device");
        assertThat(await(log.append(TERM, 6, bytes("dropped"))))
                .isInstanceOf(AppendOutcome.Unknown.class);
        log.close();
        assertThat(faults).hasSize(1);
        faults.clear();
    }

    // ---- a next segment that cannot be made

    @Test
    void withoutANextSegmentTheLogGoesOnInThePresentOneUntilThereIs() throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            var log = begin(SMALL);
            append(log, "x".repeat(4096));
            machine.failNewFiles(true);
            for (int i = 0; i < 20; i++) {
                append(log, "y".repeat(100));
                assertThat(await(log.renew(TERM))).isInstanceOf(AppendOutcome.Appended.class);
            }
            assertThat(segments()).hasSize(1);
            assertThat(log.read(3, 1)).hasSize(1);
            String whole = "x".repeat(4096) + "y".repeat(2_000);
            assertThat(text(log)).isEqualTo(whole);
            machine.failNewFiles(false);
            append(log, "z".repeat(4096 / 16));
            append(log, "in the next segment");
            assertThat(segments()).hasSize(2);
            whole += "z".repeat(4096 / 16) + "in the next segment";
            machine.crash(new SplittableRandom(seed));
            assertThat(text(open(SMALL))).isEqualTo(whole);
        }
    }

    /// The first two are of the next segment's header and of what says that it has to be there.
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aNextSegmentThatCannotBeForcedIsTakenBackAndTheLogGoesOn(int failingForce)
            throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            var log = begin(SMALL);
            append(log, "x".repeat(4096));
            machine.failForce(failingForce);
            append(log, "in the present segment");
            assertThat(segments()).hasSize(1);
            append(log, "y".repeat(4096 / 16));
            append(log, "in the next one");
            assertThat(segments()).hasSize(2);
            machine.crash(new SplittableRandom(seed));
            assertThat(text(open(SMALL)))
                    .isEqualTo(
                            "x".repeat(4096)
                                    + "in the present segment"
                                    + "y".repeat(4096 / 16)
                                    + "in the next one");
        }
    }

    @Test
    void aNextSegmentThatIsLeftHalfMadeEndsTheLogWithAWordOnWhichFile() throws IOException {
        var log = begin(SMALL);
        append(log, "x".repeat(4096));
        machine.failForce(1);
        machine.failDeletes(true);
        assertThat(await(log.append(TERM, 4096, bytes("y"))))
                .isInstanceOf(AppendOutcome.Unknown.class);
        machine.failDeletes(false);
        log.close();
        assertThat(faults)
                .singleElement()
                .asString()
                .contains(segment(2) + " is left half created: Input/output error");
        faults.clear();
        append(open(SMALL), "accepted");
        assertThat(text(opened.getLast())).isEqualTo("x".repeat(4096) + "accepted");
    }

    /// Room is back, but the log stands in what was kept for leases.
    @Test
    void whileNoSegmentCanBeMadeBehindTheReserveLeasesGoOnAndWritesWait() throws IOException {
        var log = begin(SMALL);
        append(log, "before");
        machine.capacityBytes(machine.usedBytes());
        assertThat(await(log.renew(TERM))).isInstanceOf(AppendOutcome.Appended.class);
        machine.failNewFiles(true);
        machine.capacityBytes(Long.MAX_VALUE);
        var reserved = segments().getLast().toString();
        for (int i = 0; i < 5; i++) {
            assertThat(await(log.append(TERM, 6, bytes("refused"))))
                    .isInstanceOfSatisfying(
                            AppendOutcome.Full.class,
                            full ->
                                    assertThat(full.reason())
                                            .contains(reserved, "Too many open files"));
            assertThat(await(log.renew(TERM))).isInstanceOf(AppendOutcome.Appended.class);
        }
        machine.failNewFiles(false);
        append(log, " and after");
        log.close();
        assertThat(text(open(SMALL))).isEqualTo("before and after");
    }

    // ---- other failures

    @Test
    void afterAFailedForceNobodyIsToldMoreThanUnknown() throws Exception {
        var log = begin(SMALL);
        append(log, "before");
        var tail = log.tail();
        var completed = new CopyOnWriteArrayList<Integer>();
        var outcomes = new ArrayList<CompletionStage<AppendOutcome>>();
        var lastTold = new CompletableFuture<Void>();
        CompletionStage<ClaimOutcome> claim;
        try (var held = machine.holdForces()) {
            outcomes.add(log.append(TERM, 6, bytes("under way")));
            held.awaitForce();
            for (int i = 0; i < 50; i++) {
                outcomes.add(log.append(TERM, 15 + i, bytes("w")));
                outcomes.add(log.append(TERM, 0, bytes("before"))); // a retry
            }
            claim = log.claim("b", tail.index() + 51);
            for (int i = 0; i < outcomes.size(); i++) {
                int call = i;
                outcomes.get(i)
                        .thenRun(() -> {
                            completed.add(call);
                            if (completed.size() == outcomes.size()) {
                                lastTold.complete(null);
                            }
                        });
            }
            machine.failForces(true);
        }
        // Whoever waits for an outcome may carry out what depends on it, so nobody waits before.
        await(lastTold);
        for (var outcome : outcomes) {
            assertThat(await(outcome)).isInstanceOf(AppendOutcome.Unknown.class);
        }
        assertThat(await(claim)).isInstanceOf(ClaimOutcome.Unknown.class);
        assertThat(completed).isSorted();

        machine.failForces(false);
        assertThat(await(log.append(TERM, 6, bytes("later"))))
                .isInstanceOf(AppendOutcome.Unknown.class);
        assertThat(await(log.renew(TERM))).isInstanceOf(AppendOutcome.Unknown.class);
        assertThat(log.tail()).isEqualTo(tail);
        assertThat(text(log)).isEqualTo("before");
        assertThat(log.pendingBytes()).isZero();
        log.close();
        assertThat(faults)
                .singleElement()
                .asString()
                .contains(FIRST_SEGMENT.toString(), "Input/output error");
        faults.clear();
    }

    @Test
    void whatAFailedForceDroppedIsWrittenAgainWhenTheLogIsOpenedAgain() throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            var log = begin(SMALL);
            append(log, "before");
            machine.failForces(true);
            assertThat(await(log.append(TERM, 6, bytes("dropped"))))
                    .isInstanceOf(AppendOutcome.Unknown.class);
            machine.failForces(false);
            log.close();
            faults.clear();

            var again = open(SMALL);
            String seen = text(again);
            append(again, "acknowledged");
            machine.crash(new SplittableRandom(seed));
            assertThat(text(open(SMALL))).isEqualTo(seen + "acknowledged");
        }
    }

    /// The cut is seen, but would not survive a crash.
    @Test
    void aTornEndWhoseCutCouldNotBeForcedIsCutOnceMore() throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            var log = begin(SMALL);
            append(log, "before");
            machine.kill();
            log.close();
            var torn = machine.bytes(FIRST_SEGMENT);
            var noise = Arrays.copyOf(torn, torn.length + 6_000);
            Arrays.fill(noise, torn.length, noise.length, (byte) 1);
            machine.overwrite(FIRST_SEGMENT, noise);
            machine.failForces(true);
            assertThatIOException().isThrownBy(() -> open(SMALL));
            machine.failForces(false);

            var again = open(SMALL);
            append(again, "x".repeat(4096));
            append(again, "in the next segment");
            machine.crash(new SplittableRandom(seed));
            assertThat(text(open(SMALL)))
                    .isEqualTo("before" + "x".repeat(4096) + "in the next segment");
        }
    }

    @Test
    void aSegmentThatCouldNotBeForcedIsSafeOnceTheLogIsOpenedAgain() throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            var log = begin(SMALL);
            append(log, "x".repeat(4096));
            machine.failForces(true);
            machine.failDeletes(true);
            await(log.append(TERM, 4096, bytes("in the next segment")));
            machine.failForces(false);
            machine.failDeletes(false);
            assertThat(segments()).hasSize(2);
            log.close();
            faults.clear();

            append(open(SMALL), "acknowledged");
            machine.crash(new SplittableRandom(seed));
            assertThat(text(open(SMALL))).isEqualTo("x".repeat(4096) + "acknowledged");
        }
    }

    @Test
    void aListenerThatFailsBreaksTheLogAndLeavesNobodyWithoutAnOutcome() throws Exception {
        var log = begin(SMALL);
        var outcomes = new ArrayList<CompletionStage<AppendOutcome>>();
        try (var held = machine.holdForces()) {
            outcomes.add(log.append(TERM, 0, bytes("x")));
            held.awaitForce();
            for (int i = 1; i < 20; i++) {
                outcomes.add(log.append(TERM, i, bytes("x")));
            }
            log.follow(_ -> {
                throw new IllegalStateException("a mistake in a listener");
            });
        }
        assertThat(await(outcomes.getFirst())).isEqualTo(new AppendOutcome.Appended(1, 1));
        for (var outcome : outcomes.subList(1, 20)) {
            assertThat(await(outcome)).isInstanceOf(AppendOutcome.Unknown.class);
        }
        log.close();
        assertThat(faults).singleElement().asString().contains("a mistake in a listener");
        faults.clear();
    }

    @Test
    void aDeletionThatFailsLeavesALogThatOpens() throws IOException {
        threeSegments();
        var log = open(SMALL);
        var whole = text(log);
        machine.failDeletes(true);
        assertThatIOException().isThrownBy(() -> log.trim(TERM, Long.MAX_VALUE));
        machine.failDeletes(false);
        assertThat(text(log)).isEqualTo(whole);
        log.close();
        var again = open(SMALL);
        assertThat(text(again)).isEqualTo(whole);
        assertThat(again.trim(TERM, Long.MAX_VALUE)).isTrue();
        assertThat(again.trim(TERM, 1)).as("that is gone already").isTrue();
        assertThat(segments()).hasSize(1);
    }

    @Test
    void whenNothingElseFitsLeasesAndClaimsStillDo() throws IOException {
        var log = begin(SMALL);
        append(log, "before");
        machine.capacityBytes(machine.usedBytes());
        for (int i = 0; i < 20; i++) {
            assertFull(await(log.append(TERM, 6, bytes("refused"))));
            assertThat(await(log.renew(TERM))).isEqualTo(new AppendOutcome.Appended(2 + i, 6));
        }
        assertThat(await(log.claim("b", 21))).isEqualTo(new ClaimOutcome.Won(new Term(2), 22));
        assertThat(await(log.renew(TERM))).isInstanceOf(AppendOutcome.Fenced.class);
        var tail = log.tail();
        assertThat(machine.usedBytes()).as("nothing was taken beyond").isLessThanOrEqualTo(20_000);

        machine.capacityBytes(Long.MAX_VALUE);
        append(log, "after");
        machine.capacityBytes(machine.usedBytes());
        assertThat(await(log.renew(new Term(2)))).isInstanceOf(AppendOutcome.Appended.class);
        log.close();
        machine.capacityBytes(Long.MAX_VALUE);
        var again = open(SMALL);
        assertThat(text(again)).isEqualTo("beforeafter");
        assertThat(again.tail().index()).isEqualTo(tail.index() + 2);
        assertThat(again.tail().leader()).isEqualTo("b");
    }

    @Test
    void whenTheReserveIsUsedUpLeasesAreRefusedUntilThereIsRoom() throws IOException {
        var log = begin(SMALL);
        machine.capacityBytes(machine.usedBytes());
        int renewed = 0;
        while (await(log.renew(TERM)) instanceof AppendOutcome.Appended) {
            renewed++;
            assertThat(renewed).isLessThan(200);
        }
        assertThat(renewed)
                .isGreaterThan((4096 - Segment.HEADER_BYTES) / Segment.ENTRY_HEADER_BYTES - 1);
        assertFull(await(log.renew(TERM)));
        machine.capacityBytes(Long.MAX_VALUE);
        assertThat(await(log.renew(TERM))).isInstanceOf(AppendOutcome.Appended.class);
        append(log, "goes on");
        log.close();
        assertThat(text(open(SMALL))).isEqualTo("goes on");
    }

    @Test
    void aLogThatIsFullOpensAndCanBeClaimed() throws IOException {
        var log = begin(SMALL);
        append(log, "before");
        machine.capacityBytes(machine.usedBytes());
        for (int i = 0; i < 3; i++) {
            assertThat(await(log.renew(log.tail().term())))
                    .isInstanceOf(AppendOutcome.Appended.class);
            machine.kill();
            log.close();
            log = open(SMALL);
            assertThat(text(log)).isEqualTo("before");
            assertThat(await(log.claim("b", log.tail().index())))
                    .isInstanceOf(ClaimOutcome.Won.class);
            machine.kill();
            log.close();
            log = open(SMALL);
            assertThat(await(log.claim("a", log.tail().index())))
                    .isInstanceOf(ClaimOutcome.Won.class);
            assertThat(await(log.renew(log.tail().term())))
                    .isInstanceOf(AppendOutcome.Appended.class);
            machine.crash(new SplittableRandom(i));
            log.close();
            log = open(SMALL);
            assertThat(await(log.claim("a", log.tail().index())))
                    .isInstanceOf(ClaimOutcome.Won.class);
        }
    }

    // ---- bounds and readers

    /// Replicas have what they read here, and answer with it.
    @Test
    void whatIsWrittenAndNotForcedIsNeitherReadNorTold() throws Exception {
        var log = begin(SMALL);
        long before = log.tail().index();
        var told = new CopyOnWriteArrayList<Long>();
        CompletionStage<AppendOutcome> underWay;
        try (var _ = log.follow(tail -> told.add(tail.index()))) {
            try (var held = machine.holdForces()) {
                underWay = log.append(TERM, 0, bytes("written"));
                held.awaitForce();
                assertThat(log.tail().index()).isEqualTo(before);
                assertThat(log.read(before + 1, 1 << 20)).isEmpty();
                assertThat(told).doesNotContain(before + 1);
            }
            assertThat(await(underWay)).isEqualTo(new AppendOutcome.Appended(before + 1, 7));
            assertThat(log.read(before + 1, 1 << 20)).hasSize(1);
            log.close(); // the last one is told behind the outcome
            assertThat(told).contains(before + 1);
        }
    }

    @Test
    void whatIsBeyondThePendingBoundIsRefused() throws Exception {
        var log = begin(new EmbeddedLogOptions(4096, 100, 0));
        CompletionStage<AppendOutcome> written;
        CompletionStage<AppendOutcome> waiting;
        CompletionStage<AppendOutcome> renewal;
        try (var held = machine.holdForces()) {
            written = log.append(TERM, 0, bytes("x".repeat(60)));
            held.awaitForce();
            assertThat(log.pendingBytes()).as("written, but not decided").isEqualTo(60);
            assertThat(log.append(TERM, 60, bytes("y".repeat(41))).toCompletableFuture())
                    .isCompletedWithValueMatching(AppendOutcome.Full.class::isInstance);
            waiting = log.append(TERM, 60, bytes("z".repeat(40)));
            renewal = log.renew(TERM);
            assertThat(log.pendingBytes()).isEqualTo(100);
        }
        assertThat(await(written)).isEqualTo(new AppendOutcome.Appended(1, 60));
        assertThat(await(waiting)).isEqualTo(new AppendOutcome.Appended(2, 100));
        assertThat(await(renewal)).isEqualTo(new AppendOutcome.Appended(3, 100));
        assertThat(log.pendingBytes()).isZero();
        assertFull(await(log.append(TERM, 100, bytes("x".repeat(101)))));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 300, 5_000, 1 << 20})
    void aReaderSeesTheSameHoweverMuchIsKeptInMemory(int recentBytes) throws Exception {
        var log = begin(new EmbeddedLogOptions(4096, 1 << 20, recentBytes));
        int entries = 1_000;
        var reader =
                inBackground(() -> {
                    for (int next = 1; next <= entries; ) {
                        for (var entry : log.read(next, 700)) {
                            assertThat(entry).isEqualTo(numbered(next++));
                        }
                    }
                    return entries;
                });
        for (int i = 1; i <= entries; i++) {
            var entry = numbered(i);
            var appended = log.append(TERM, entry.firstOffset(), entry.payload());
            if (i % 10 == 0) {
                await(appended); // so that there are many batches, and segments roll
            }
        }
        assertThat(reader.get(120, TimeUnit.SECONDS)).isEqualTo(entries);
        assertThat(machine.mount().list(DIRECTORY)).hasSizeGreaterThan(10);
    }

    @Test
    void besideATrimAReadGivesTheEntryOrSaysThatItIsTrimmed() throws Exception {
        var log = begin(new EmbeddedLogOptions(4096, 1 << 20, 0));
        int entries = 1_000;
        for (int i = 1; i <= entries; i++) {
            var entry = numbered(i);
            await(log.append(TERM, entry.firstOffset(), entry.payload()));
        }
        var reader =
                inBackground(() -> {
                    int read = 0;
                    for (int i = 1; i <= entries; i++) {
                        read += isThere(log, numbered(i)) ? 1 : 0;
                    }
                    return read;
                });
        for (int i = 1; i <= entries; i += 5) {
            log.trim(TERM, i);
        }
        assertThat(reader.get(120, TimeUnit.SECONDS)).isBetween(1, entries);
    }

    /// A leader appends while a snapshot trims; what was promised to be there must not be deleted.
    @Test
    void aSegmentThatBeginsDuringATrimLetsNothingGoThatWasToStay() throws IOException {
        threeSegments();
        var running = new AtomicReference<@Nullable EmbeddedLog>();
        var log = open(SMALL, new TellingDisk(machine.mount(), () -> fillOnce(running)));
        running.set(log);
        assertThat(log.trim(TERM, Long.MAX_VALUE)).isTrue();
        log.close();
        assertThat(open(SMALL).tail().endOffset()).isEqualTo(log.tail().endOffset());
    }

    private static void fillOnce(AtomicReference<@Nullable EmbeddedLog> running) {
        var log = running.getAndSet(null);
        for (int i = 0; log != null && i < 6; i++) {
            append(log, "y".repeat(1_000));
        }
    }

    /// A disk on which something happens before a file is deleted.
    private static final class TellingDisk extends ForwardingDisk {
        private final Runnable beforeDelete;

        TellingDisk(Disk disk, Runnable beforeDelete) {
            super(disk);
            this.beforeDelete = beforeDelete;
        }

        @Override
        public void delete(Path file) throws IOException {
            if (Segment.isSegment(file.getFileName().toString())) {
                beforeDelete.run();
            }
            super.delete(file);
        }
    }

    // ---- helpers

    /// A closed log of three segments, the last one with entries.
    private List<Path> threeSegments() throws IOException {
        var log = begin(SMALL);
        for (int i = 0; i < 12; i++) {
            append(log, "x".repeat(1_000));
        }
        log.close();
        assertThat(segments()).hasSize(3);
        return segments();
    }

    private List<Path> segments() throws IOException {
        return machine.mount().list(DIRECTORY).stream()
                .filter(Segment::isSegment)
                .map(DIRECTORY::resolve)
                .toList();
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }

    /// @return where in the file the batch begins
    private int appendAsOneBatch(EmbeddedLog log, String... texts) throws IOException {
        var stages = new ArrayList<CompletionStage<AppendOutcome>>();
        int begin;
        try (var held = machine.holdForces()) {
            log.renew(TERM);
            held.awaitForce();
            begin = machine.bytes(FIRST_SEGMENT).length;
            long offset = log.tail().endOffset();
            for (var text : texts) {
                stages.add(log.append(TERM, offset, bytes(text)));
                offset += text.length();
            }
        }
        for (var stage : stages) {
            assertThat(await(stage)).isInstanceOf(AppendOutcome.Appended.class);
        }
        return begin;
    }

    /// Whether the entry, which was appended, has not been trimmed.
    private static boolean isThere(EmbeddedLog log, LogEntry entry) throws IOException {
        try {
            assertThat(log.read(entry.index(), 1)).containsExactly(entry);
            assertThat(log.indexOf(entry.firstOffset())).isEqualTo(entry.index());
            return true;
        } catch (TrimmedException _) {
            return false;
        }
    }

    private static <T> FutureTask<T> inBackground(Callable<T> work) {
        var task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().name("reader").start(task);
        return task;
    }

    private void assertCorrupt(String... message) throws IOException {
        var before = machine.picture();
        assertThatExceptionOfType(CorruptLogException.class)
                .isThrownBy(() -> open(SMALL))
                .satisfies(e -> assertThat(e.getMessage()).contains(message));
        assertThat(machine.picture()).isEqualTo(before);
        assertThat(machine.openFiles()).isZero();
    }

    private static void assertFull(AppendOutcome outcome) {
        assertThat(outcome).isInstanceOf(AppendOutcome.Full.class);
    }

    private static void append(EmbeddedLog log, String text) {
        long offset = log.tail().endOffset();
        assertThat(await(log.append(log.tail().term(), offset, bytes(text))))
                .isEqualTo(new AppendOutcome.Appended(log.tail().index(), offset + text.length()));
    }

    private static LogEntry numbered(int index) {
        return new LogEntry(
                index, TERM, EntryKind.DATA, 100L * (index - 1), bytes("%0100d".formatted(index)));
    }

    private static String text(EmbeddedLog log) throws IOException {
        var text = new StringBuilder();
        long next = 0;
        while (true) {
            var entries = log.read(next, 1_000);
            if (entries.isEmpty()) {
                return text.toString();
            }
            for (var entry : entries) {
                if (entry.kind() == EntryKind.DATA) {
                    text.append(UTF_8.decode(entry.payload()));
                }
                next = entry.index() + 1;
            }
        }
    }

    private static Path segment(long firstIndex) {
        return DIRECTORY.resolve(Segment.fileName(firstIndex));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(120, TimeUnit.SECONDS).join();
    }
}
