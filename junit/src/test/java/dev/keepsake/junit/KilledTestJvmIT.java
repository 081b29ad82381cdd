package dev.keepsake.junit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A JVM of tests that is killed leaves no process. It runs on Java 17 where there is one, as those
/// of users may, beside the newer Java of the server.
class KilledTestJvmIT {
    private static final Patience PATIENCE = new Patience(Duration.ofMinutes(10));

    @TempDir private Path directory;

    @Test
    void theServerAndItsEnginesEndWithTheJvmOfTheTests() throws Exception {
        var errors = directory.resolve("errors");
        var tests = start(errors);
        try {
            var said = new BufferedReader(new InputStreamReader(tests.getInputStream(), UTF_8));
            String line = said.readLine();
            assertThat(line).as(Files.readString(errors)).startsWith(EndlessTests.SERVER);
            long pid = Long.parseLong(line.substring(EndlessTests.SERVER.length()));
            var server = ProcessHandle.of(pid).orElseThrow();
            var left = server.descendants().toList();
            assertThat(left).as("two engines at least").hasSizeGreaterThanOrEqualTo(2);

            tests.destroyForcibly();

            awaitEnd(server);
            left.forEach(KilledTestJvmIT::awaitEnd);
        } finally {
            tests.destroyForcibly();
        }
        try (var next = Scratch.in(directory); // the next server removes what the killed JVM left
                var entries = Files.list(directory)) {
            assertThat(entries.filter(Files::isDirectory)).containsExactly(next.path());
        }
    }

    private Process start(Path errors) throws IOException {
        var builder =
                new ProcessBuilder(
                                java17OrThis().toString(),
                                "-Djava.io.tmpdir=" + directory,
                                "-cp",
                                System.getProperty("java.class.path"),
                                EndlessTests.class.getName())
                        .redirectError(errors.toFile());
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("keepsake."))
                .forEach(name ->
                        builder.environment()
                                .put(Settings.variable(name), System.getProperty(name)));
        builder.environment().put("KEEPSAKE_JAVA_HOME", System.getProperty("java.home"));
        return builder.start();
    }

    private static Path java17OrThis() throws IOException {
        var installed = Path.of("/usr/lib/jvm");
        if (Files.isDirectory(installed)) {
            try (var entries = Files.list(installed)) {
                var old =
                        entries.filter(home -> isJava17(home.resolve("release")))
                                .map(home -> home.resolve("bin/java"))
                                .filter(Files::isExecutable)
                                .sorted()
                                .findFirst();
                if (old.isPresent()) {
                    return old.get();
                }
            }
        }
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    private static boolean isJava17(Path release) {
        try {
            return Files.isReadable(release)
                    && Files.readString(release).contains("JAVA_VERSION=\"17");
        } catch (IOException e) {
            return false;
        }
    }

    private static void awaitEnd(ProcessHandle process) {
        PATIENCE.await(
                "process %d has ended".formatted(process.pid()),
                () -> !process.isAlive(),
                () -> String.valueOf(process.info()));
    }
}
