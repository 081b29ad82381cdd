package dev.keepsake.server;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// `keepsake version`.
@Command(name = "version", header = "Says which Keepsake, on which Java, this is.")
final class VersionCommand implements Callable<Integer> {
    private static final String RESOURCE =
            "version.properties"; // Maven writes the version into it.

    private final PrintWriter out;

    VersionCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        out.println("Keepsake " + productVersion());
        out.println("Java " + Runtime.version() + " (" + System.getProperty("java.home") + ")");
        out.flush();
        return Main.EXIT_OK;
    }

    private static String productVersion() throws IOException {
        try (var resource = VersionCommand.class.getResourceAsStream(RESOURCE)) {
            if (resource == null) {
                throw new IOException(RESOURCE + " is missing from the server's jar");
            }
            var properties = new Properties();
            properties.load(resource);
            return properties.getProperty("version", "of unknown version");
        }
    }
}
