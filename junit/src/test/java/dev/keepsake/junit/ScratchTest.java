package dev.keepsake.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchTest {
    @TempDir private Path parent;

    @Test
    void itIsPrivateAndRemovedWithItsContent() throws Exception {
        Path path;
        try (var scratch = Scratch.in(parent)) {
            path = scratch.path();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rwx------");
            Files.createDirectories(path.resolve("data/log"));
            Files.writeString(path.resolve("data/log/segment"), "x");
        }
        assertThat(path).doesNotExist();
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void directoriesOfEndedProcessesAreRemovedAndNoOthers() throws Exception {
        var abandoned = make("keepsake-junit-1-123", "in-use");
        var beingMade = make("keepsake-junit-1-456", "in-use.new");
        var other = make("another-1-123", "in-use");
        try (var first = Scratch.in(parent);
                var second = Scratch.in(parent)) {
            assertThat(abandoned).doesNotExist();
            assertThat(first.path()).exists();
            assertThat(second.path()).exists();
            assertThat(beingMade).exists();
            assertThat(other).exists();
        }
    }

    private Path make(String name, String file) throws Exception {
        var directory = Files.createDirectory(parent.resolve(name));
        Files.createFile(directory.resolve(file));
        return directory;
    }
}
