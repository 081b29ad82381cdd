package dev.keepsake.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who may see what an engine writes.
class WorkDirectoryTest {
    @TempDir Path directory;

    @Test
    void nobodyElseReadsOrWritesItsLogWhateverNewFilesAreOtherwise() throws Exception {
        var work = WorkDirectory.prepare(directory.resolve("engine-a"));
        assertThat(modeOf(work.path())).isEqualTo("rwx------");
        assertThat(modeOf(work.log())).isEqualTo("rw-------"); // the engine only writes to it
        Files.writeString(work.log(), "from an engine before\n");
        Files.setPosixFilePermissions(work.log(), PosixFilePermissions.fromString("rw-rw-rw-"));
        work = WorkDirectory.prepare(work.path());
        assertThat(modeOf(work.log())).isEqualTo("rw-------");
        assertThat(work.lastLogLines()).containsExactly("from an engine before");
    }

    private static String modeOf(Path file) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
