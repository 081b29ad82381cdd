package dev.keepsake.engine;

import dev.keepsake.engine.EngineProbe.Finding.Unusable;
import dev.keepsake.engine.EngineProbe.Finding.Usable;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the engine program: the configured one, else the first usable one on the search path, else
/// the bundled one. A configured program that does not work is an error, because the user wants
/// that one. [Engines#nearest] chooses among several examined programs.
public final class EngineFinder {
    private static final Logger LOG = LoggerFactory.getLogger(EngineFinder.class);
    private static final List<String> PROGRAMS = List.of("valkey-server", "redis-server");

    private final @Nullable Path configured;
    private final String searchPath;
    private final Path bundleDirectory;
    private final Optional<String> bundled;

    /// @param configured the program to use, or null to search for one
    /// @param searchPath directories, in the form of the environment variable `PATH`
    /// @param bundleDirectory a private directory for the bundled program
    public EngineFinder(@Nullable Path configured, String searchPath, Path bundleDirectory) {
        this(
                configured,
                searchPath,
                bundleDirectory,
                BundledEngine.resourceFor(
                        System.getProperty("os.name"), System.getProperty("os.arch")));
    }

    EngineFinder(
            @Nullable Path configured,
            String searchPath,
            Path bundleDirectory,
            Optional<String> bundled) {
        this.configured = configured;
        this.searchPath = searchPath;
        this.bundleDirectory = bundleDirectory;
        this.bundled = bundled;
    }

    /// Finds a program, and logs which one and why. Blocks while candidates are asked for their
    /// version.
    public EngineBinary find() throws EngineNotFoundException {
        if (configured != null) {
            return findConfigured(configured);
        }
        var rejected = new ArrayList<String>();
        for (Path program : onSearchPath()) {
            switch (EngineProbe.probe(program)) {
                case Usable(var binary) -> {
                    return chosen(binary, "first usable on the PATH", rejected);
                }
                case Unusable(var reason, _) -> rejected.add(program + " " + reason);
            }
        }
        return chosen(findBundled(rejected), "bundled, none usable on the PATH", rejected);
    }

    /// The result of a search for all programs.
    ///
    /// @param engines the usable ones
    /// @param rejected the paths of the others, each with the reason
    public record Found(Engines engines, List<String> rejected) {
        public Found {
            rejected = List.copyOf(rejected);
        }
    }

    /// Finds all usable programs: only the configured one if there is one, else those on the search
    /// path and then the bundled one. Blocks as [#find] does.
    public Engines findAll() throws EngineNotFoundException {
        var found = search();
        LOG.info("engines found={} rejected={}", found.engines().all(), found.rejected());
        return found.engines();
    }

    /// Does the same as [#findAll], and also returns the rejected programs.
    public Found search() throws EngineNotFoundException {
        if (configured != null) {
            return new Found(new Engines(List.of(findConfigured(configured))), List.of());
        }
        var rejected = new ArrayList<String>();
        var found = new LinkedHashSet<EngineBinary>();
        findings(onSearchPath())
                .forEach((program, finding) -> {
                    switch (finding.join()) {
                        case Usable(var binary) -> found.add(binary);
                        case Unusable(var reason, _) -> rejected.add(program + " " + reason);
                    }
                });
        try {
            found.add(findBundled(rejected));
        } catch (EngineNotFoundException e) {
            if (found.isEmpty()) {
                throw e;
            }
            rejected.add(e.getMessage());
        }
        return new Found(new Engines(List.copyOf(found)), rejected);
    }

    /// All candidates are asked at once, so several that hang take no longer than one.
    private static Map<Path, CompletableFuture<EngineProbe.Finding>> findings(List<Path> programs) {
        Executor threads = probe -> Thread.ofVirtual().name("probe-engine").start(probe);
        var findings = new LinkedHashMap<Path, CompletableFuture<EngineProbe.Finding>>();
        for (var program : programs) {
            findings.computeIfAbsent(
                    program,
                    each -> CompletableFuture.supplyAsync(() -> EngineProbe.probe(each), threads));
        }
        return findings;
    }

    private EngineBinary findConfigured(Path program) throws EngineNotFoundException {
        return switch (EngineProbe.probe(program)) {
            case Usable(var binary) -> chosen(binary, "configured", List.of());
            case Unusable(var reason, _) ->
                    throw new EngineNotFoundException(
                            ("the configured engine %s %s. Name a redis-server or valkey-server of"
                                            + " version 7.0 or newer, or configure none to have one found")
                                    .formatted(program, reason));
        };
    }

    /// Where programs are looked for, whether there are any now or not: at the configured place
    /// alone, or in the directories of the search path. The bundled one is not among them.
    public List<Path> places() {
        return configured == null ? placesOnSearchPath() : List.of(configured.toAbsolutePath());
    }

    private List<Path> onSearchPath() {
        return placesOnSearchPath().stream().filter(Files::exists).toList();
    }

    private List<Path> placesOnSearchPath() {
        var programs = new ArrayList<Path>();
        for (String program : PROGRAMS) {
            Arrays.stream(searchPath.split(File.pathSeparator))
                    // An empty element of PATH means the working directory, which is never
                    // intended.
                    .filter(directory -> !directory.isEmpty())
                    .map(directory -> Path.of(directory, program).toAbsolutePath())
                    .forEach(programs::add);
        }
        return programs;
    }

    private EngineBinary findBundled(List<String> rejected) throws EngineNotFoundException {
        if (bundled.isEmpty()) {
            throw notFound(rejected, "none is bundled for this operating system and processor");
        }
        try {
            var program = BundledEngine.extract(bundled.get(), bundleDirectory);
            return switch (EngineProbe.probe(program)) {
                case Usable(var binary) -> binary.bundled();
                case Unusable(var reason, _) ->
                        throw notFound(rejected, "the bundled " + program + " " + reason);
            };
        } catch (IOException e) {
            throw notFound(
                    rejected,
                    "the bundled one cannot be put into %s: %s".formatted(bundleDirectory, e));
        }
    }

    private EngineNotFoundException notFound(List<String> rejected, String bundledProblem) {
        var found = rejected.isEmpty() ? "holds none" : "holds " + String.join(", ", rejected);
        return new EngineNotFoundException(
                ("no engine was found: the PATH (%s) %s; %s. Install valkey-server or redis-server 7.0"
                                + " or newer, or configure the path of one")
                        .formatted(searchPath, found, bundledProblem));
    }

    private static EngineBinary chosen(EngineBinary binary, String why, List<String> rejected) {
        LOG.info(
                "engine chosen path={} name={} version={} why=\"{}\" rejected={}",
                binary.path(),
                binary.name(),
                binary.version(),
                why,
                rejected);
        return binary;
    }
}
