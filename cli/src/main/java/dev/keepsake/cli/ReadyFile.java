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

/// Tells other programs where a server answers, in a file that is there as long as it does:
///
/// ```
/// {"endpoint":"http://127.0.0.1:41873","port":41873,"ca":"/…/tls/ca.pem","pid":4711}
/// ```
///
/// The file appears whole, once everything is ready. What a killed server has left is removed
/// before the next one starts.
final class ReadyFile implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final @Nullable Path file;

    private ReadyFile(@Nullable Path file) {
        this.file = file;
    }

    /// @param file where it is to be, or null for nowhere
    /// @throws UsageException when no file can be there
    static ReadyFile at(@Nullable Path file) throws UsageException {
        if (file == null) {
            return new ReadyFile(null);
        }
        var absolute = file.toAbsolutePath();
        var directory = absolute.getParent();
        if (directory == null || !Files.isDirectory(directory) || Files.isDirectory(absolute)) {
            throw new UsageException(
                    "--ready-file is %s, and there is no directory %s for such a file; make it, or give another"
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

    /// The server answers no longer.
    @Override
    public void close() {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException _) {
                return; // who finds it sees by the process id that it has ended
            }
        }
    }
}
