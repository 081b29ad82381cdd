package dev.keepsake.cli;

import dev.keepsake.server.Server;
import dev.keepsake.server.StartException;
import dev.keepsake.trust.CertificateAuthority;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// The file that tells other programs where a server answers. It exists as long as the server
/// answers:
///
/// ```
/// {"endpoint":"http://127.0.0.1:41873","port":41873,"ca":"/…/tls/ca.pem","pid":4711}
/// ```
///
/// The file appears complete, when everything is ready. A file of a killed server is removed before
/// the next server starts.
final class ReadyFile implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final @Nullable Path file;

    private ReadyFile(@Nullable Path file) {
        this.file = file;
    }

    /// Prepares the file.
    ///
    /// @param file the path, or null for no file
    /// @throws UsageException when the file cannot be written there
    static ReadyFile at(@Nullable Path file) throws UsageException {
        if (file == null) {
            return new ReadyFile(null);
        }
        var absolute = file.toAbsolutePath();
        var directory = absolute.getParent();
        if (directory == null || !Files.isDirectory(directory) || Files.isDirectory(absolute)) {
            throw new UsageException(
                    "--ready-file is %s, but there is no directory %s; create it, or give another file"
                            .formatted(file, directory));
        }
        try {
            Files.deleteIfExists(absolute);
        } catch (IOException e) {
            throw new UsageException(
                    "--ready-file is %s, which cannot be replaced".formatted(file), e);
        }
        return new ReadyFile(absolute);
    }

    void write(URI endpoint, Path dataDirectory) throws StartException {
        if (file == null) {
            return;
        }
        var told = JsonNodeFactory.instance.objectNode();
        var authority =
                CertificateAuthority.certificateFile(
                        Server.tlsDirectory(dataDirectory.toAbsolutePath()));
        told.put("endpoint", endpoint.toString())
                .put("port", endpoint.getPort())
                .put("ca", authority.toString())
                .put("pid", ProcessHandle.current().pid());
        var partial = file.resolveSibling(file.getFileName() + ".partial");
        try {
            Files.write(partial, JSON.writeValueAsBytes(told));
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new StartException("--ready-file cannot be written: " + e.getMessage());
        }
    }

    /// Removes the file, because the server no longer answers.
    @Override
    public void close() {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException _) {
                return; // the process id in the file shows that the server has ended
            }
        }
    }
}
