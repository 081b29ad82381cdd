package dev.keepsake.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// The fake keeps rules that other tests lean on; these are they.
class MemoryDiskTest {
    private static final Path DIRECTORY = Path.of("/disk");
    private static final Path FILE = DIRECTORY.resolve("file");

    private final SplittableRandom random = new SplittableRandom(1);
    private MemoryDisk machine = new MemoryDisk();

    @Test
    void whatWasForcedSurvivesEveryCrash() throws IOException {
        for (int crash = 0; crash < 50; crash++) {
            machine = new MemoryDisk();
            var file = durableFile("forced");
            file.write(buffers("lost?"), 6);
            machine.crash(random);
            assertThat(text()).startsWith("forced");
        }
    }

    @Test
    void whatWasNotForcedSurvivesWhollyOrInPartOrNotAtAll() throws IOException {
        var survivors = new HashSet<String>();
        for (int crash = 0; crash < 200; crash++) {
            machine = new MemoryDisk();
            durableFile("").write(buffers("abc"), 0);
            machine.crash(random);
            survivors.add(text().replace('\0', '.'));
        }
        assertThat(survivors).contains("", "a", "ab", "abc", ".bc");
    }

    @Test
    void aNameIsDurableOnlyOnceItsDirectoryWasForced() throws IOException {
        var outcomes = new HashSet<Boolean>();
        for (int crash = 0; crash < 20; crash++) {
            machine = new MemoryDisk();
            machine.mount().open(FILE).force();
            machine.crash(random);
            outcomes.add(machine.mount().list(DIRECTORY).isEmpty());
        }
        assertThat(outcomes).isEqualTo(Set.of(true, false));
    }

    @Test
    void aDeletionMayBeUndone() throws IOException {
        var outcomes = new HashSet<Boolean>();
        for (int crash = 0; crash < 20; crash++) {
            machine = new MemoryDisk();
            durableFile("kept");
            machine.mount().delete(FILE);
            machine.crash(random);
            outcomes.add(machine.mount().list(DIRECTORY).isEmpty());
        }
        assertThat(outcomes).isEqualTo(Set.of(true, false));
    }

    @Test
    void afterTheProcessEndsNothingIsLostAndItsFilesAreOfNoUse() throws IOException {
        var file = machine.mount().open(FILE);
        file.write(buffers("written"), 0);
        machine.kill();
        assertThat(text()).isEqualTo("written");
        assertThatIOException().isThrownBy(file::force);
    }

    @Test
    void aFailedForceDropsWhatALaterOneWillNotSave() throws IOException {
        var file = durableFile("");
        file.write(buffers("dropped"), 0);
        machine.failForces(true);
        assertThatIOException().isThrownBy(file::force).withMessage("Input/output error");
        machine.failForces(false);
        file.force();
        assertThat(text()).isEqualTo("dropped");
        machine.crash(random);
        assertThat(text()).isEmpty();
    }

    @Test
    void aWriteStopsWhereTheSpaceEnds() throws IOException {
        machine.capacityBytes(4);
        var file = machine.mount().open(FILE);
        assertThatIOException()
                .isThrownBy(() -> file.write(buffers("abcdef"), 0))
                .withMessage("Auf dem Gerät ist kein Speicherplatz mehr verfügbar");
        assertThat(text()).isEqualTo("abcd");
        file.write(buffers("over"), 0);
        assertThat(text()).isEqualTo("over");
    }

    @Test
    void theNthWriteFailsHalfDone() throws IOException {
        machine.failWrite(2);
        var file = machine.mount().open(FILE);
        file.write(buffers("1"), 0);
        assertThatIOException().isThrownBy(() -> file.write(buffers("2345"), 1));
        assertThat(text()).isEqualTo("123");
        file.write(buffers("45"), 3);
        assertThat(text()).isEqualTo("12345");
    }

    @Test
    void aDirectoryHasOneHolderAndACrashFreesIt() throws Exception {
        var disk = machine.mount();
        var claim = disk.lockDirectory(DIRECTORY);
        assertThatIOException().isThrownBy(() -> disk.lockDirectory(DIRECTORY));
        claim.close();
        disk.lockDirectory(DIRECTORY);
        machine.crash(random);
        machine.mount().lockDirectory(DIRECTORY);
    }

    private Disk.DiskFile durableFile(String content) throws IOException {
        var disk = machine.mount();
        var file = disk.open(FILE);
        file.write(buffers(content), 0);
        file.force();
        disk.forceDirectory(DIRECTORY);
        return file;
    }

    private String text() throws IOException {
        return new String(machine.bytes(FILE), UTF_8);
    }

    private static ByteBuffer[] buffers(String text) {
        return new ByteBuffer[] {ByteBuffer.wrap(text.getBytes(UTF_8))};
    }
}
