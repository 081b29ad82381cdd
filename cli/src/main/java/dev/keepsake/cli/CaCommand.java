package dev.keepsake.cli;

import dev.keepsake.server.Server;
import dev.keepsake.server.StartException;
import dev.keepsake.trust.CertificateAuthority;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command `keepsake ca`.
@Command(
        name = "ca",
        header = "Prints the certificate that clients have to trust, in PEM.",
        description =
                "The certificate is created at the first start on a data directory, and"
                        + " never changes.")
final class CaCommand implements Callable<Integer> {
    private final PrintWriter out;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "The server's data directory (default: ~/.keepsake).")
    private Path dataDirectory = Path.of(System.getProperty("user.home"), ".keepsake");

    CaCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException, StartException {
        Logs.toNowhere();
        var file = CertificateAuthority.certificateFile(Server.tlsDirectory(dataDirectory));
        try {
            out.print(Files.readString(file));
        } catch (NoSuchFileException _) {
            throw new StartException(
                    "there is no %s; the first start on that data directory makes it"
                            .formatted(file));
        }
        out.flush();
        return Main.EXIT_OK;
    }
}
