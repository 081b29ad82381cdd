package dev.keepsake.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launcher in a clone of a few files, with a JDK and a Maven that only say what they are told.
class LauncherIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @TempDir private Path temporary;
    private Path clone;
    private Path source;

    @BeforeEach
    void makeClone() throws IOException {
        clone = temporary.resolve("a clone");
        source = clone.resolve("core/src/main/java/A.java");
        write(source, "class A {}");
        write(clone.resolve("pom.xml"), "<project/>");
        Files.copy(Path.of("..", "keepsake"), clone.resolve("keepsake"));
        makeJdk("old jdk", "17.0.15");
        makeJdk("jdk", "25.0.3");
        makeMaven(
                "echo \"$@\" >>calls; sleep 1; mkdir -p cli/target/lib;"
                        + " touch cli/target/keepsake.jar");
    }

    @Test
    void takesTheFirstJdkThatIsNewEnoughAndPassesArgumentsOn() throws Exception {
        var run = launch(clone.resolve("keepsake"), "drill", "two words");
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("<25.0.3>").endsWith("<drill>\n<two words>\n");
        assertThat(run.err())
                .isEqualTo(
                        "Building Keepsake (the first time takes minutes; log: target/build.log)"
                                + " ...\n");
    }

    @Test
    void buildsAgainOnlyWhenASourceIsNewerOrGone() throws Exception {
        launch(clone.resolve("keepsake"));
        launch(clone.resolve("keepsake"));
        assertThat(builds()).isEqualTo(1);

        Files.delete(source);
        launch(clone.resolve("keepsake"));
        assertThat(builds()).isEqualTo(2);

        var later = FileTime.from(Instant.now().plusSeconds(60));
        Files.setLastModifiedTime(clone.resolve("pom.xml"), later);
        launch(clone.resolve("keepsake"));
        assertThat(builds()).isEqualTo(3);
    }

    @Test
    void worksThroughASymbolicLink() throws Exception {
        var link = temporary.resolve("link");
        Files.createSymbolicLink(link, temporary.relativize(clone.resolve("keepsake")));
        assertThat(launch(link, "version").out()).endsWith("<version>\n");
    }

    @Test
    void launchesAtTheSameTimeBuildOnce() throws Exception {
        var launches = new ArrayList<Process>();
        for (int i = 0; i < 3; i++) {
            launches.add(start(clone.resolve("keepsake")));
        }
        for (var process : launches) {
            assertThat(finish(process).code()).isZero();
        }
        assertThat(builds()).isEqualTo(1);
        assertThat(clone.resolve("target/build.lock")).doesNotExist();
    }

    @Test
    void aLockWhoseOwnerIsGoneDoesNotStopABuild() throws Exception {
        var gone = new ProcessBuilder("true").start();
        gone.waitFor();
        write(clone.resolve("target/build.lock/pid"), Long.toString(gone.pid()));
        assertThat(launch(clone.resolve("keepsake")).code()).isZero();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void aFailedBuildShowsTheEndOfItsLogAndIsTriedAgain() throws Exception {
        makeMaven("echo call >>calls; echo A.java does not compile; exit 1");
        var run = launch(clone.resolve("keepsake"));
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("A.java does not compile").contains("target/build.log");
        launch(clone.resolve("keepsake"));
        assertThat(builds()).isEqualTo(2);
    }

    private void makeJdk(String name, String version) throws IOException {
        var jdk = temporary.resolve(name);
        write(jdk.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
        makeScript(jdk.resolve("bin/javac"), "exit 1");
        makeScript(jdk.resolve("bin/java"), "printf '<%s>\\n' " + version + " \"$@\"");
    }

    private void makeMaven(String body) throws IOException {
        makeScript(temporary.resolve("bin/mvn"), body);
    }

    private static void makeScript(Path file, String body) throws IOException {
        write(file, "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private long builds() throws IOException {
        return Files.readAllLines(clone.resolve("calls")).size();
    }

    private Run launch(Path launcher, String... arguments) throws Exception {
        return finish(start(launcher, arguments));
    }

    private Process start(Path launcher, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of("/bin/sh", launcher.toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).directory(temporary.toFile());
        var environment = builder.environment();
        environment.put("JAVA_HOME", temporary.resolve("old jdk").toString());
        environment.put("JAVA25_HOME", temporary.resolve("jdk").toString());
        environment.remove("KEEPSAKE_JAVA_OPTS");
        environment.merge("PATH", "", (path, _) -> temporary.resolve("bin") + ":" + path);
        return builder.start();
    }

    private static Run finish(Process process) throws Exception {
        try {
            assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), text(process, true), text(process, false));
        } finally {
            process.destroyForcibly();
        }
    }

    private static String text(Process process, boolean out) throws IOException {
        var stream = out ? process.getInputStream() : process.getErrorStream();
        return new String(stream.readAllBytes(), UTF_8);
    }

    private record Run(int code, String out, String err) {}
}
