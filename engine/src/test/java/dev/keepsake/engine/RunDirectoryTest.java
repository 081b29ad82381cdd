package dev.keepsake.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunDirectoryTest {
    @TempDir private Path directory;

    @Test
    void aShortDataDirectoryHoldsItAndNobodyElseMayEnter() throws Exception {
        var data = directory.resolve("data");
        var run = RunDirectory.forData(data, directory);
        assertThat(run).isEqualTo(data.toRealPath().resolve("run"));
        assertThat(permissions(run)).isEqualTo("rwx------");
    }

    @Test
    void aLongDataDirectoryHasItInTheTemporaryDirectory() throws Exception {
        var data = directory.resolve("d".repeat(100));
        var run = RunDirectory.forData(data, directory);
        assertThat(run).hasParent(directory.toRealPath());
        assertThat(permissions(run)).isEqualTo("rwx------");
        assertThat(RunDirectory.forData(data, directory)).as("at the next start").isEqualTo(run);
        assertThat(RunDirectory.forData(data.resolve("other"), directory)).isNotEqualTo(run);
    }

    @Test
    void twoWaysToTheSameDataLeadToTheSameOne() throws Exception {
        var data = Files.createDirectory(directory.resolve("data"));
        var link = Files.createSymbolicLink(directory.resolve("link"), data);
        assertThat(RunDirectory.forData(link, directory))
                .isEqualTo(RunDirectory.forData(data, directory));
    }

    @Test
    void aSymbolicLinkInItsPlaceIsRefused() throws Exception {
        var data = directory.resolve("d".repeat(100));
        var run = RunDirectory.forData(data, directory);
        Files.delete(run);
        Files.createSymbolicLink(run, Files.createDirectory(directory.resolve("planted")));
        assertThatThrownBy(() -> RunDirectory.forData(data, directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(run + " is a symbolic link");
    }

    @Test
    void oneThatOthersCouldEnterIsClosedToThem() throws Exception {
        var run = Files.createDirectories(directory.resolve("data/run"));
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwxrwxrwx"));
        RunDirectory.forData(directory.resolve("data"), directory);
        assertThat(permissions(run)).isEqualTo("rwx------");
    }

    @Test
    void whenNoPlaceIsShortEnoughTheMessageTellsTheWayOut() throws Exception {
        var temporary = Files.createDirectory(directory.resolve("t".repeat(100)));
        assertThatThrownBy(() -> RunDirectory.forData(temporary.resolve("data"), temporary))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("too long")
                .hasMessageContaining("Choose a shorter data directory");
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
