package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/// The private directory of the engines' Unix sockets. Its path also identifies the engines of an
/// earlier server, so the same data directory must always lead to the same run directory.
public final class RunDirectory {
    /// The longest path of a socket: macOS has room for 104 bytes with the final NUL, Linux for
    /// 108.
    static final int SOCKET_PATH_BYTES_MAX = 103;

    /// Room for `/` and a socket's name, such as `4194304-123456.sock`: the server's process id,
    /// and a number that [EngineLauncher] counts from 1.
    private static final int SOCKET_NAME_BYTES_MAX = 20;

    private RunDirectory() {}

    /// Creates the run directory of a data directory: `run` inside it if the paths of sockets there
    /// are short enough, else a directory in the temporary directory with a derived name.
    ///
    /// @throws IOException also when the directory belongs to another user or is a symbolic link
    public static Path forData(Path dataDirectory) throws IOException {
        return forData(dataDirectory, Path.of(System.getProperty("java.io.tmpdir")));
    }

    static Path forData(Path dataDirectory, Path temporaryDirectory) throws IOException {
        Files.createDirectories(dataDirectory);
        // The real path, so that two paths to the same data directory find the same engines.
        var data = dataDirectory.toRealPath();
        var inside = data.resolve("run");
        if (isShortEnough(inside)) {
            PrivateFiles.directory(inside);
            return inside;
        }
        var outside = temporaryDirectory.toRealPath().resolve("keepsake-" + digest(data));
        if (!isShortEnough(outside)) {
            throw new IOException(
                    ("%s and %s are both too long for Unix sockets, whose paths may have %d bytes."
                                    + " Choose a shorter data directory or set java.io.tmpdir to a shorter one")
                            .formatted(inside, outside, SOCKET_PATH_BYTES_MAX));
        }
        PrivateFiles.directory(outside);
        return outside;
    }

    private static boolean isShortEnough(Path directory) {
        return lengthBytes(directory) + SOCKET_NAME_BYTES_MAX <= SOCKET_PATH_BYTES_MAX;
    }

    static int lengthBytes(Path path) {
        return path.toString().getBytes(UTF_8).length;
    }

    private static String digest(Path path) {
        return HexFormat.of().formatHex(Sha256.of(path.toString().getBytes(UTF_8)), 0, 6);
    }
}
