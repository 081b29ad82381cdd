package dev.keepsake.cli;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.EngineNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// The command `keepsake version`.
@Command(name = "version", header = "Says which Keepsake, with which engine and Java, this is.")
final class VersionCommand implements Callable<Integer> {
    private static final String RESOURCE =
            "version.properties"; // Maven writes the version into this file.

    private final PrintWriter out;

    @Option(names = "--json", description = "Print one JSON object instead.")
    private boolean json;

    VersionCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        Logs.toNowhere();
        try (var unpacked = TemporaryDirectory.create("keepsake-version-")) {
            var found = find(unpacked.path());
            if (json) {
                out.println(json(found));
            } else {
                out.println("Keepsake " + productVersion());
                out.println("Engine " + found.describe());
                out.println(
                        "Java %s (%s)"
                                .formatted(Runtime.version(), System.getProperty("java.home")));
            }
        }
        out.flush();
        return Main.EXIT_OK;
    }

    private static String json(Found engine) throws IOException {
        var mapper = new JsonMapper();
        var json = mapper.createObjectNode().put("version", productVersion());
        switch (engine) {
            case Engine(var binary) ->
                    json.putObject("engine")
                            .put("name", binary.name())
                            .put("version", binary.version())
                            .put("bundled", binary.isBundled())
                            // A bundled one is unpacked where it is needed.
                            .put("path", binary.isBundled() ? null : binary.path().toString());
            case None(var reason) -> json.putNull("engine").put("no_engine", reason);
        }
        json.putObject("java")
                .put("version", Runtime.version().toString())
                .put("home", System.getProperty("java.home"));
        return mapper.writeValueAsString(json);
    }

    /// The engine that is found first; `keepsake engine` reports more, and takes longer.
    private static Found find(Path unpacked) {
        try {
            return new Engine(
                    new EngineFinder(null, System.getenv().getOrDefault("PATH", ""), unpacked)
                            .find());
        } catch (EngineNotFoundException e) {
            return new None(String.valueOf(e.getMessage()));
        }
    }

    private sealed interface Found {
        default String describe() {
            return switch (this) {
                case Engine(var binary) ->
                        "%s %s (%s)"
                                .formatted(
                                        binary.name(),
                                        binary.version(),
                                        binary.isBundled() ? "bundled" : binary.path());
                case None(var reason) -> "none: " + reason;
            };
        }
    }

    private record Engine(EngineBinary binary) implements Found {}

    private record None(String reason) implements Found {}

    /// As the build has written it.
    static String productVersion() throws IOException {
        try (var resource = VersionCommand.class.getResourceAsStream(RESOURCE)) {
            if (resource == null) {
                throw new IOException(RESOURCE + " is missing from the command line's jar");
            }
            var properties = new Properties();
            properties.load(resource);
            return properties.getProperty("version", "of unknown version");
        }
    }
}
