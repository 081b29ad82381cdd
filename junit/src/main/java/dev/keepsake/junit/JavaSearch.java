package dev.keepsake.junit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Looks for a Java that the server can run on. Owned by one thread.
///
/// A setting decides alone. Without one, the first Java counts that is new enough: that of the
/// tests, those that variables name, the one on the PATH, and those in the usual directories.
final class JavaSearch {
    private static final int NEEDED = 25;

    private static final Pattern VERSION = Pattern.compile("(?m)^JAVA_VERSION=\"((\\d+)[^\"]*)\"");

    private final Settings settings;
    private final Path ownHome;
    private final List<Path> directories;
    private final List<String> lookedAt = new ArrayList<>();

    /// @param ownHome the Java that the tests run on
    /// @param directories directories that may contain several
    JavaSearch(Settings settings, Path ownHome, List<Path> directories) {
        this.settings = settings;
        this.ownHome = ownHome;
        this.directories = List.copyOf(directories);
    }

    /// Looks on this machine.
    static JavaSearch onThisMachine(Settings settings) {
        var user = Path.of(System.getProperty("user.home"));
        return new JavaSearch(
                settings,
                Path.of(System.getProperty("java.home")),
                List.of(
                        Path.of("/usr/lib/jvm"),
                        Path.of("/Library/Java/JavaVirtualMachines"),
                        user.resolve(".sdkman/candidates/java"),
                        user.resolve(".jdks")));
    }

    /// The program `java`.
    ///
    /// @throws KeepsakeException when there is none that is new enough, with what was looked at
    Path find() {
        var given = settings.of(Settings.JAVA_HOME);
        if (given.isPresent()) {
            String name = given.get().name();
            return look(Path.of(given.get().value()), name)
                    .orElseThrow(() ->
                            new KeepsakeException(
                                    "%s names no Java that is new enough: %s. Give the directory of Java %d or newer, which has bin/java."
                                            .formatted(name, lookedAt.get(0), NEEDED)));
        }
        return look(ownHome, "the Java of the tests")
                .or(() -> named("JAVA_HOME"))
                .or(() -> named("JAVA25_HOME"))
                .or(this::onPath)
                .or(this::installed)
                .orElseThrow(this::nothingFound);
    }

    private Optional<Path> named(String variable) {
        return settings.ofEnvironment(variable)
                .flatMap(given -> look(Path.of(given.value()), variable));
    }

    private Optional<Path> onPath() {
        var path = settings.ofEnvironment("PATH").map(Settings.Given::value).orElse("");
        for (var directory : path.split(File.pathSeparator, -1)) {
            var program = Path.of(directory).resolve("java");
            if (!directory.isEmpty() && Files.isExecutable(program)) {
                return homeOf(program).flatMap(home -> look(home, "PATH"));
            }
        }
        lookedAt.add("PATH: no java");
        return Optional.empty();
    }

    /// The directory that has `bin/java`, behind all symbolic links.
    private static Optional<Path> homeOf(Path program) {
        try {
            var bin = program.toRealPath().getParent();
            return Optional.ofNullable(bin == null ? null : bin.getParent());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private Optional<Path> installed() {
        for (var directory : directories) {
            var homes = homesIn(directory);
            if (homes.isEmpty()) {
                lookedAt.add(directory + ": nothing");
            }
            for (var home : homes) {
                var java = look(home, "installed");
                if (java.isPresent()) {
                    return java;
                }
            }
        }
        return Optional.empty();
    }

    private static List<Path> homesIn(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (var entries = Files.list(directory)) {
            return entries.sorted()
                    .map(entry -> {
                        var bundled = entry.resolve("Contents/Home"); // on macOS
                        return Files.isDirectory(bundled) ? bundled : entry;
                    })
                    .filter(home -> Files.isRegularFile(home.resolve("release")))
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private Optional<Path> look(Path home, String source) {
        var program = home.resolve("bin").resolve("java");
        String found;
        if (!Files.isExecutable(program)) {
            found = "no bin/java";
        } else {
            var version = VERSION.matcher(release(home));
            if (!version.find()) {
                found = "a Java whose file 'release' tells no version";
            } else if (Integer.parseInt(version.group(2)) >= NEEDED) {
                return Optional.of(program);
            } else {
                found = "Java " + version.group(1);
            }
        }
        lookedAt.add("%s (%s): %s".formatted(home, source, found));
        return Optional.empty();
    }

    private static String release(Path home) {
        try {
            return Files.readString(home.resolve("release"), UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private KeepsakeException nothingFound() {
        return new KeepsakeException(
                """
                Keepsake's server needs Java %d or newer, and none was found. Looked at:
                  %s
                Install one from https://adoptium.net into one of these places, or set the environment \
                variable %s, or the system property %s, to its directory. Tests may stay on Java 17.\
                """
                        .formatted(
                                NEEDED,
                                String.join("\n  ", lookedAt),
                                Settings.variable(Settings.JAVA_HOME),
                                Settings.JAVA_HOME));
    }
}
