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
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launcher in a clone of a few files, with a JDK and a Maven that only say what they are told.
class LauncherIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String BUILDS =
            "echo \"$@\" >>calls; mkdir -p cli/target/lib; touch cli/target/keepsake.jar";

    /// What the launcher and Maven's stand-in run.
    private static final List<String> TOOLS =
            List.of(
                    "cat",
                    "cksum",
                    "dirname",
                    "env",
                    "find",
                    "mkdir",
                    "mkfifo",
                    "readlink",
                    "rm",
                    "sed",
                    "sh",
                    "sleep",
                    "sort",
                    "touch",
                    "tr",
                    "xargs");

    @TempDir private Path temporary;
    private String path = System.getenv("PATH");
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
                BUILDS
                        + "; sleep 1; echo '[INFO] Building core 0.1      [1/2]';"
                        + " echo '[INFO] Nothing to say'; echo '[INFO] Building cli 0.1   [2/2]'");
    }

    @Test
    void takesTheFirstJdkThatIsNewEnoughAndPassesArgumentsOn() throws Exception {
        var run = launch(clone.resolve("keepsake"), "drill", "two words");
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("<25.0.3>").endsWith("<drill>\n<two words>\n");
        assertThat(run.err().lines())
                .satisfiesExactly(
                        began ->
                                assertThat(began)
                                        .startsWith("Building Keepsake: about two minutes"),
                        first -> assertThat(first).isEqualTo("  1/2 core"),
                        second -> assertThat(second).isEqualTo("  2/2 cli"));
        assertThat(clone.resolve("target/build.log")).content().contains("[INFO] Nothing to say");
    }

    @Test
    void buildsAgainWhenSourcesAreOthers() throws Exception {
        launch(clone.resolve("keepsake"));
        launch(clone.resolve("keepsake"));
        assertThat(builds()).isEqualTo(1);

        write(source, "class A { int a; }");
        launch(clone.resolve("keepsake"));
        assertThat(builds()).isEqualTo(2);

        Files.move(source, source.resolveSibling("B.java"));
        launch(clone.resolve("keepsake"));
        assertThat(builds()).isEqualTo(3);

        Files.delete(source.resolveSibling("B.java"));
        launch(clone.resolve("keepsake"));
        assertThat(builds()).isEqualTo(4);

        write(clone.resolve("cli/target/keepsake.jar"), "of the fourth build");
        write(clone.resolve("core/src/test/java/ATest.java"), "class ATest {}");
        write(clone.resolve("docs/page.md"), "no source");
        launch(clone.resolve("keepsake"));
        assertThat(builds()).isEqualTo(4);
    }

    @Test
    void usesWhatWasBuiltElsewhereFromTheSameSources() throws Exception {
        launch(clone.resolve("keepsake"));
        var copy = temporary.resolve("a copy");
        Files.move(clone, copy); // every path and the directories' times are others
        var later = FileTime.from(Instant.now().plusSeconds(60));
        Files.setLastModifiedTime(copy.resolve("pom.xml"), later);
        clone = copy;
        launch(copy.resolve("keepsake"));
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void theWrapperBringsAMavenWhereThereIsNone() throws Exception {
        Files.move(temporary.resolve("bin/mvn"), clone.resolve("mvnw"));
        for (var tool : TOOLS) {
            Files.createSymbolicLink(temporary.resolve("bin").resolve(tool), onThePath(tool));
        }
        path = temporary.resolve("bin").toString();
        assertThat(launch(clone.resolve("keepsake")).code()).isZero();
        assertThat(builds()).isEqualTo(1);
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
    void aBuildWhoseLauncherWasKilledIsWaitedFor() throws Exception {
        makeMaven(BUILDS + "; until [ -e goes-on ]; do sleep 0.1; done; echo end >>calls");
        var killed = start(clone.resolve("keepsake"));
        await("the build has begun", () -> Files.exists(clone.resolve("calls")));
        killed.destroyForcibly().waitFor();

        var second = start(clone.resolve("keepsake"));
        var said = second.errorReader(UTF_8);
        assertThat(said.readLine()).isEqualTo("keepsake: waiting for another build to end");
        assertThat(builds()).isEqualTo(1);

        Files.createFile(clone.resolve("goes-on"));
        assertThat(finish(second).code()).isZero();
        assertThat(Files.readAllLines(clone.resolve("calls")))
                .as("one build after the other")
                .hasSize(4)
                .element(1)
                .isEqualTo("end");
    }

    @Test
    void aLauncherThatIsToldToEndEndsItsBuild() throws Exception {
        makeMaven(BUILDS + "; echo $$ >pid; until [ -e never ]; do sleep 0.1; done");
        var launcher = start(clone.resolve("keepsake"));
        await("the build has begun", () -> Files.exists(clone.resolve("pid")));
        launcher.toHandle().destroy(); // Process.destroy would close its streams
        assertThat(finish(launcher).code()).isEqualTo(143);
        var maven = Long.parseLong(Files.readString(clone.resolve("pid")).strip());
        await("Maven has ended", () -> ProcessHandle.of(maven).isEmpty());
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
    void oneLauncherAtATimeRemovesTheLockOfABuildThatIsGone() throws Exception {
        var gone = new ProcessBuilder("true").start();
        gone.waitFor();
        write(clone.resolve("target/build.lock/pid"), Long.toString(gone.pid()));
        var removes = temporary.resolve("removes");
        var goesOn = temporary.resolve("goes-on");
        makeScript(
                temporary.resolve("bin/rm"),
                "case $* in *build.lock) if mkdir '%s' 2>/dev/null; then until [ -e '%s' ]; do sleep 0.1; done; fi ;; esac; exec %s \"$@\""
                        .formatted(removes, goesOn, onThePath("rm")));
        makeMaven(BUILDS + "; until [ -e '%s' ]; do sleep 0.1; done; sleep 1".formatted(goesOn));

        var first = start(clone.resolve("keepsake"));
        var second = first;
        try {
            await("the first one has seen that the build is gone", () -> Files.exists(removes));
            second = start(clone.resolve("keepsake"));
            assertThat(second.errorReader(UTF_8).readLine())
                    .isEqualTo("keepsake: waiting for another build to end");
        } finally {
            Files.createFile(goesOn); // or both would wait for ever
        }
        assertThat(finish(first).code()).isZero();
        assertThat(finish(second).code()).isZero();
        assertThat(builds()).isEqualTo(1);
        assertThat(clone.resolve("target")).isDirectoryNotContaining("glob:**build.lock*");
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

    private static Path onThePath(String tool) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .map(directory -> Path.of(directory, tool))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
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
        environment.put("PATH", temporary.resolve("bin") + ":" + path);
        return builder.start();
    }

    private static void await(String what, BooleanSupplier condition) {
        long endNs = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(endNs);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
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
