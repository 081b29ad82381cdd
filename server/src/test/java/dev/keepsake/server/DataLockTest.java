package dev.keepsake.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

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

    private Path with(String mode) throws Exception {
        var data = Files.createDirectory(directory.resolve("data"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString(mode));
        return data;
    }
}
