package dev.keepsake.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The archive as a user has it: unpacked elsewhere, with a Java and no Maven, where nothing may be
/// written beside the program.
class PackageIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final String READY = "Keepsake is ready: ";
    private static final int TERMINATED = 143;

    @TempDir private static Path temporary;
    private static String name = "";
    private static Path program = Path.of("");

    @BeforeAll
    static void unpack() throws Exception {
        var archive = archive(".tar.gz");
        var file = archive.getFileName().toString();
        name = file.substring(0, file.length() - ".tar.gz".length());
        program = Files.createDirectory(temporary.resolve("opt")).resolve(name);
        Files.createDirectory(temporary.resolve("home"));
        var run =
                run(
                        List.of(
                                "tar",
                                "-xzf",
                                archive.toString(),
                                "-C",
                                temporary.resolve("opt").toString()));
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run(List.of("chmod", "-R", "a-w", program.toString())).code()).isZero();
    }

    @Test
    void tellsItsVersionThroughASymbolicLink() throws Exception {
        var link = Files.createSymbolicLink(temporary.resolve("keepsake"), launcher());
        var run = run(List.of(link.toString(), "version", "--json"));
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .startsWith("{\"version\":\"%s\"".formatted(version()))
                .contains("\"home\":\"%s\"".formatted(System.getProperty("java.home")));
        assertThat(run.err()).isEmpty();
    }

    @Test
    void startsWithoutWritingBesideItselfAndStopsWhenItIsTold() throws Exception {
        var before = contents(program);
        var server =
                start(
                        List.of(
                                launcher().toString(),
                                "start",
                                "--api-port",
                                "0",
                                "--node-ports",
                                "0"));
        try {
            var line = server.inputReader(UTF_8).readLine();
            assertThat(line).as(Files.readString(errors())).startsWith(READY);
            assertThat(authority(line.substring(READY.length())))
                    .startsWith("-----BEGIN CERTIFICATE-----");
            server.toHandle().destroy();
            assertThat(server.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(server.exitValue()).isEqualTo(TERMINATED);
        } finally {
            server.descendants().forEach(ProcessHandle::destroyForcibly);
            server.destroyForcibly();
        }
        assertThat(contents(program)).isEqualTo(before);
        assertThat(temporary.resolve("home/.keepsake")).isDirectory();
    }

    /// What the manifest names is there, and nothing else is.
    @Test
    void javaRunsTheJarWithTheLibrariesBesideIt() throws Exception {
        var jar = program.resolve("keepsake.jar");
        var java = Path.of(System.getProperty("java.home"), "bin", "java");
        var run = run(List.of(java.toString(), "-jar", jar.toString(), "version", "--json"));
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains(version());
        assertThat(run.err()).isEmpty();
        try (var libraries = Files.list(program.resolve("lib"));
                var file = new JarFile(jar.toFile())) {
            var named = file.getManifest().getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            assertThat(libraries.map(library -> "lib/" + library.getFileName()))
                    .containsExactlyInAnyOrder(named.split(" ", -1));
        }
    }

    @Test
    void theExampleConfigurationHasOnlyOptionsThatThereAre() throws Exception {
        var example = Files.readString(program.resolve("conf/keepsake.properties"));
        var all = temporary.resolve("all.properties");
        Files.writeString(all, example.replaceAll("(?m)^#(?=[a-z-]+ = )", ""));
        assertThat(Files.readAllLines(all)).contains("api-port = 8379");
        var run = run(List.of(launcher().toString(), "config", "--config", all.toString()));
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .containsPattern("--strict-engines +true +" + Pattern.quote(all.toString()));
    }

    @Test
    void eachCommandHasAManualPageThatTheUsersManualPageReaderTakes() throws Exception {
        for (var page : List.of("keepsake", "keepsake-start", "keepsake-drill", "keepsake-ca")) {
            assertThat(program.resolve("man/man1/" + page + ".1")).isNotEmptyFile();
        }
        assertThat(program.resolve("completions/_keepsake")).isNotEmptyFile();
        assumeThat(Path.of("/usr/bin/groff")).as("groff is there").exists();
        var page = program.resolve("man/man1/keepsake-start.1").toString();
        var run = run(List.of("groff", "-man", "-Tascii", "-ww", "-P-cbou", page));
        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("--api-port").contains("--data-dir");
    }

    @Test
    void bashCompletesCommandsAndOptions() throws Exception {
        var script =
                """
                . '%s'
                COMP_WORDS=(keepsake start --api-p) COMP_CWORD=2 COMP_LINE= COMP_POINT=0
                _complete_keepsake
                echo "${COMPREPLY[@]}"
                """
                        .formatted(program.resolve("completions/keepsake.bash"));
        assumeThat(Path.of("/bin/bash")).as("bash is installed").exists();
        var run = run(List.of("/bin/bash", "-c", script));
        assertThat(run.out().strip()).as(run.err()).isEqualTo("--api-port");
    }

    @Test
    void bothArchivesHaveTheSameFilesAndTellNotWhenOrByWhomTheyWereMade() throws Exception {
        var unpacked = contents(program);
        var zip = archive(".zip");
        var options = Map.of("enablePosixFileAttributes", "true");
        try (var inZip = FileSystems.newFileSystem(zip, options)) {
            var root = inZip.getPath(name);
            assertThat(contents(root).keySet()).isEqualTo(unpacked.keySet());
            assertThat(PosixFilePermissions.toString(permissions(root.resolve("bin/keepsake"))))
                    .isEqualTo("rwxr-xr-x");
            assertThat(PosixFilePermissions.toString(permissions(root.resolve("keepsake.jar"))))
                    .isEqualTo("rw-r--r--");
        }
        var run = run(List.of("tar", "--numeric-owner", "-tvzf", archive(".tar.gz").toString()));
        assertThat(run.out().lines())
                .isNotEmpty()
                .allMatch(line -> line.matches("\\S+ 0/0 .* 2026-11-30 00:00 .*"));
    }

    private static Path archive(String extension) throws IOException {
        try (Stream<Path> files = Files.isDirectory(TARGET) ? Files.list(TARGET) : Stream.of()) {
            var found = files.filter(file -> isArchive(file, extension)).toList();
            assumeThat(found).as("Maven packages before it runs this").hasSize(1);
            return found.getFirst();
        }
    }

    private static boolean isArchive(Path file, String extension) {
        var name = file.getFileName().toString();
        return name.matches("keepsake-\\d[^_]*" + extension.replace(".", "\\."))
                && !name.contains("-linux-");
    }

    private static Path launcher() {
        return program.resolve("bin/keepsake");
    }

    private static String version() {
        return name.substring("keepsake-".length());
    }

    private static Set<PosixFilePermission> permissions(Path file) throws IOException {
        return Files.getPosixFilePermissions(file);
    }

    /// Each file by its path below a directory, with its size and its time.
    private static Map<String, String> contents(Path directory) throws IOException {
        var found = new TreeMap<String, String>();
        try (var files = Files.walk(directory)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var facts = Files.size(file) + " " + Files.getLastModifiedTime(file);
                found.put(directory.relativize(file).toString(), facts);
            }
        }
        return found;
    }

    private static String authority(String endpoint) throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(URI.create(endpoint + "/_keepsake/ca.pem"))
                            .timeout(LIMIT)
                            .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }

    private static Path errors() {
        return temporary.resolve("errors");
    }

    private static Run run(List<String> command) throws Exception {
        var process = start(command);
        try {
            var out = new String(process.getInputStream().readAllBytes(), UTF_8);
            assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), out, Files.readString(errors()));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static Process start(List<String> command) throws IOException {
        var builder =
                new ProcessBuilder(new ArrayList<>(command))
                        .directory(temporary.toFile())
                        .redirectError(errors().toFile());
        var environment = builder.environment();
        environment.keySet().removeIf(variable -> variable.startsWith("KEEPSAKE_"));
        environment.remove("JAVA_TOOL_OPTIONS");
        environment.put("HOME", temporary.resolve("home").toString());
        environment.put("XDG_CACHE_HOME", temporary.resolve("home/cache").toString());
        environment.put("TZ", "UTC");
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        // Java asks the system for the home directory, and not HOME.
        environment.put("KEEPSAKE_JAVA_OPTS", "-Duser.home=" + temporary.resolve("home"));
        return builder.start();
    }

    private record Run(int code, String out, String err) {}
}
