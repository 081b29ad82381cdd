package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same source makes the same archives, whenever, wherever and by whom it is built.
class SameBytesIT {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final List<String> BUILT_AGAIN = List.of("core", "resp");
    private static final int BUILT_WITHIN_S = 600;
    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

    @TempDir Path temporary;

    @BeforeEach
    void isPackaged() {
        assumeThat(ROOT.resolve("cli/target/keepsake.jar"))
                .as("Maven packages before it runs this")
                .exists();
    }

    /// The modules without others below them are compiled and packaged a second time, in a copy
    /// elsewhere, by a Maven that runs on the same JDK: manifests tell its version.
    @Test
    void aSecondBuildInAnotherPlaceMakesTheSameJars() throws Exception {
        assumeThat(onPath("mvn")).as("mvn is on the PATH").isTrue();
        var copy = temporary.resolve("elsewhere");
        copySource(copy);
        build(copy);
        for (var module : BUILT_AGAIN) {
            var jar = Path.of(module, "target", "%s-%s.jar".formatted(module, version()));
            assertThat(copy.resolve(jar)).as(module).hasSameBinaryContentAs(ROOT.resolve(jar));
        }
    }

    @Test
    void noArchiveTellsWhenWhereOrByWhomItWasMade() throws Exception {
        var jars = jars();
        assertThat(jars).hasSizeGreaterThan(9);
        for (var file : jars) {
            try (var jar = new JarFile(file.toFile())) {
                assertThat(jar.stream())
                        .as("times of entries in %s", file)
                        .allMatch(entry -> entry.getTimeLocal().equals(timestamp()));
                assertThat(jar.getManifest().getMainAttributes().toString())
                        .doesNotContain("Built-By", ROOT.toString());
                assertThat(jar.stream().map(Object::toString).toList())
                        .as("entries of %s in order", file)
                        .filteredOn(name -> name.startsWith("dev/") && name.endsWith(".class"))
                        .isSorted();
            }
        }
    }

    private static LocalDateTime timestamp() {
        return LocalDateTime.parse(property("project.build.outputTimestamp").replace("Z", ""));
    }

    private static String version() {
        return valueOf("<version>([^<]+-SNAPSHOT|\\d[^<]*)</version>");
    }

    private static String property(String name) {
        return valueOf("<%1$s>([^<]+)</%1$s>".formatted(name));
    }

    private static String valueOf(String pattern) {
        try {
            var found = Pattern.compile(pattern).matcher(Files.readString(ROOT.resolve("pom.xml")));
            assertThat(found.find()).as("the pom has %s", pattern).isTrue();
            return found.group(1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// Those of the modules that this build has made so far: this one, and those listed before it.
    private static List<Path> jars() throws IOException {
        var jars = new ArrayList<Path>();
        for (var module : modulesUpToThisOne()) {
            var target = ROOT.resolve(module).resolve("target");
            if (!Files.isDirectory(target)) {
                continue; // the BOM has nothing but its pom
            }
            try (var files = Files.list(target)) {
                files.filter(file -> file.toString().endsWith(".jar")).forEach(jars::add);
            }
        }
        return jars;
    }

    private static List<String> modulesUpToThisOne() throws IOException {
        var modules =
                MODULE.matcher(Files.readString(ROOT.resolve("pom.xml")))
                        .results()
                        .map(module -> module.group(1))
                        .toList();
        return modules.subList(0, modules.indexOf("cli") + 1);
    }

    private static void copySource(Path copy) throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            for (var file : files.filter(SameBytesIT::isNeeded).toList()) {
                var target = copy.resolve(ROOT.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private static boolean isNeeded(Path file) {
        var path = ROOT.relativize(file);
        boolean isOfModule =
                BUILT_AGAIN.contains(path.getName(0).toString())
                        && path.getNameCount() > 2
                        && path.getName(1).toString().equals("src")
                        && path.getName(2).toString().equals("main");
        return Files.isRegularFile(file)
                && (isOfModule || (path.endsWith("pom.xml") && path.getNameCount() <= 2));
    }

    private static void build(Path copy) throws Exception {
        var output = copy.resolve("output");
        var command =
                List.of(
                        "mvn",
                        "--batch-mode",
                        "--offline",
                        "-DskipTests",
                        "-Dspotless.check.skip",
                        "package",
                        "-pl",
                        String.join(",", BUILT_AGAIN));
        var builder =
                new ProcessBuilder(command)
                        .directory(copy.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile());
        var mavenJdk = System.getProperty("maven.jdk");
        if (mavenJdk != null) {
            builder.environment().put("JAVA_HOME", mavenJdk);
        }
        var process = builder.start();
        try {
            assertThat(process.waitFor(BUILT_WITHIN_S, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static boolean onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .map(directory -> Path.of(directory, program))
                .anyMatch(Files::isExecutable);
    }
}
