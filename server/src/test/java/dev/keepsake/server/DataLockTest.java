package dev.keepsake.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepsake.core.PrivateFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whose a data directory has to be.
class DataLockTest {
    @TempDir Path directory;

    @Test
    void aNewDirectoryIsItsOwnersAlone() throws Exception {
        var data = directory.resolve("some").resolve("data");
        DataLock.take(data).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .isEqualTo("rwx------");
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(data.resolve("server.lock"))))
                .isEqualTo("rw-------");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwx------", "rwxr-xr-x", "rwxr-x---"})
    void whatOthersMayReadIsTaken(String mode) throws Exception {
        DataLock.take(with(mode)).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxrwx---", "rwxrwxr-x", "rwx----w-", "rwxrwxrwx"})
    void whatOthersMayWriteIsRefused(String mode) throws Exception {
        var data = with(mode);
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> DataLock.take(data))
                .withMessageContaining(data.toString())
                .withMessageContaining("(" + mode + ")")
                .withMessageContaining("chmod go-w");
        assertThat(data).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwx------", "rwxr-xr-x"})
    void whatBelongsToAnotherUserIsRefused(String mode) throws Exception {
        var data = with(mode);
        long owner = PrivateFiles.ourselves();
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> DataLock.take(data, () -> owner + 1234))
                .withMessageContaining(data.toString())
                .withMessageContaining("user id %d;", owner)
                .withMessageContaining("our own, %d:", owner + 1234)
                .withMessageContaining("chown")
                .withMessageContaining("--data-dir");
        assertThat(data).isEmptyDirectory();
    }

    /// As the server does it, which takes what its own user has.
    @Test
    void whatRootGaveToAnotherUserIsRefused() throws Exception {
        assumeTrue(PrivateFiles.ourselves() == 0, "only root can give it away");
        var data = with("rwxr-xr-x");
        Files.setAttribute(data, "unix:uid", 1234);
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> DataLock.take(data))
                .withMessageContaining("user id 1234;");
    }

    private Path with(String mode) throws Exception {
        var data = Files.createDirectory(directory.resolve("data"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString(mode));
        return data;
    }
}
