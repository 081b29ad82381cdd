package dev.keepsake.cli;

import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.EngineNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// The command `keepsake version`.
@Command(name = "version", header = "Says which Keepsake, with which engine and Java, this is.")
final class VersionCommand implements Callable<Integer> {
    private static final String RESOURCE =
            "version.properties"; // Maven writes the version into this file.

    private final PrintWriter out;

    VersionCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        Logs.toNowhere();
        out.println("Keepsake " + productVersion());
        out.println("Engine " + engine());
        out.println("Java " + Runtime.version() + " (" + System.getProperty("java.home") + ")");
        out.flush();
        return Main.EXIT_OK;
    }

    /// The engine that is found first. `keepsake engine` reports more and takes longer.
    private static String engine() throws IOException {
        try (var unpacked = TemporaryDirectory.create("keepsake-version-")) {
            var found =
                    new EngineFinder(
                                    null, System.getenv().getOrDefault("PATH", ""), unpacked.path())
                            .find();
            return found.path().startsWith(unpacked.path())
                    ? "%s %s (bundled)".formatted(found.name(), found.version())
                    : "%s %s (%s)".formatted(found.name(), found.version(), found.path());
        } catch (EngineNotFoundException e) {
            return "none: " + e.getMessage();
        }
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
