package dev.keepsake.engine;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
final class EngineExaminerIT {
    @TempDir private static Path bundleDirectory;
    private static EngineBinary bundled;

    @TempDir private Path directory;
    private Path facts;
    private EngineLauncher launcher;

    @BeforeAll
    static void findTheBundledEngine() throws Exception {
        bundled = new EngineFinder(null, "", bundleDirectory).find();
    }

    @BeforeEach
    void makeALauncher() throws Exception {
        launcher = launcher();
        facts = directory.resolve("data").resolve("engines");
    }

    @AfterEach
    void endEverything() {
        launcher.close();
    }

    private EngineLauncher launcher() throws IOException {
        return new EngineLauncher(
                bundled, RunDirectory.forData(directory.resolve("data")), new MachineClock());
    }

    /// By one that remembers nothing but what is in the directory.
    private EngineFacts examine(EngineBinary binary) throws IOException {
        return new EngineExaminer(launcher, facts).examine(binary);
    }

    /// A program that starts another one with further options.
    private EngineBinary script(Path program, String options) throws Exception {
        var script = directory.resolve("redis-server");
        Files.writeString(script, "#!/bin/sh\nexec '%s' \"$@\" %s\n".formatted(program, options));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return new EngineFinder(script, "", bundleDirectory).find();
    }

    /// A program that says a version and does nothing else.
    private EngineBinary versionOnly() throws Exception {
        var script = directory.resolve("valkey-server");
        Files.writeString(
                script,
                """
                #!/bin/sh
                [ "$1" = --version ] && echo 'Valkey server v=8.0.1 sha=00000000:0'
                """);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return new EngineFinder(script, "", bundleDirectory).find();
    }

    /// An engine lists its commands in another order each time that it is started.
    private static void assertSame(EngineFacts facts, EngineFacts expected) {
        assertThat(facts).usingRecursiveComparison().ignoringFields("commands").isEqualTo(expected);
        assertThat(names(facts)).isEqualTo(names(expected));
    }

    private static Set<String> names(EngineFacts facts) {
        return facts.commands().items().stream()
                .map(each -> ((RespValue.ArrayReply) each).items().getFirst())
                .map(name -> ((RespValue.Bulk) name).utf8())
                .collect(toSet());
    }

    private List<Path> left() throws IOException {
        try (var files = Files.list(facts)) {
            return files.toList();
        }
    }

    @Test
    void theBundledEngineHasAllHolesWhichIsRemembered() throws Exception {
        var found = examine(bundled);
        assertThat(found.binary()).isEqualTo(bundled);
        assertThat(found.holes()).containsExactlyInAnyOrder(KnownHole.values());
        assertThat(found.undecided()).isEmpty();
        assertThat(found.isSound()).isFalse();
        assertThat(found.cves()).isEqualTo("CVE-2024-31449, CVE-2025-46817, CVE-2025-46818");
        assertThat(found.rdbVersion()).isEqualTo(10);
        assertThat(found.sha256()).isEqualTo(Sha256.hexOf(Files.readAllBytes(bundled.path())));
        assertThat(found.commands().items()).hasSizeGreaterThan(200);
        assertThat(names(found)).contains("get", "zrank", "client");
        assertThat(left()).hasSize(1); // nothing of the engine
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(left().getFirst())))
                .isEqualTo("rw-------");

        launcher.close(); // which starts nothing any more
        assertSame(examine(bundled), found);
    }

    /// A probe that finds a hole may end the engine, and the next one needs another.
    @Test
    void aHoleThatWasSeenStaysWhenTheEngineDoesNotStartOnceMore() throws Exception {
        var script = directory.resolve("redis-server");
        Files.writeString(
                script,
                """
                #!/bin/sh
                if [ "$1" != --version ]; then
                    [ -e '%2$s' ] && exit 1
                    touch '%2$s'
                fi
                exec '%1$s' "$@"
                """
                        .formatted(bundled.path(), directory.resolve("started")));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        var found = examine(new EngineFinder(script, "", bundleDirectory).find());
        assertThat(found.holes()).isNotEmpty();
        assertThat(found.undecided()).isNotEmpty().doesNotContainAnyElementsOf(found.holes());
        assertThat(found.isSound()).isFalse();
    }

    @Test
    void whatIsRememberedIsFoundOutAnewWhenItIsDamagedOrTheProgramIsAnother() throws Exception {
        var found = examine(bundled);
        var file = left().getFirst();
        var whole = Files.readAllBytes(file);
        var damaged = whole.clone();
        damaged[whole.length / 2] ^= 1;
        Files.write(file, damaged);
        assertSame(examine(bundled), found);

        launcher.close();
        assertSame(examine(bundled), found);
        Files.write(bundled.path(), new byte[1], StandardOpenOption.APPEND);
        assertThatThrownBy(() -> examine(bundled))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the server is stopping");
        findTheBundledEngine(); // whole again
    }

    @Test
    void aScriptIsExaminedAnewWhenWhatItStartsHasChanged() throws Exception {
        assumeThat(Path.of("/proc/self/maps")).exists();
        var real = Files.copy(bundled.path(), directory.resolve("real"));
        var script = script(real, "");
        var found = examine(script);
        assertThat(found.holes()).containsExactlyInAnyOrder(KnownHole.values());
        launcher.close();
        assertSame(examine(script), found);

        Files.setLastModifiedTime(real, FileTime.fromMillis(0)); // as a package may bring it
        assertThatThrownBy(() -> examine(script)).hasMessageContaining("the server is stopping");
        launcher = launcher();
        assertSame(examine(script), found);
    }

    @Test
    void anEngineThatRunsNoScriptsHasNoHolesInThem() throws Exception {
        var found = examine(script(bundled.path(), "--rename-command EVAL ''"));
        assertThat(found.holes()).isEmpty();
        assertThat(found.isSound()).isTrue();
        assertThat(left()).hasSize(1);
    }

    /// Its scripts never answer.
    @Test
    void whoDoesNotAnswerIsNeitherSoundNorUnsoundAndIsAskedAgain() throws Exception {
        var script = script(bundled.path(), "--rename-command EVAL '' --rename-command BLPOP EVAL");
        var found =
                new EngineExaminer(launcher, facts, TimeUnit.MILLISECONDS.toNanos(100))
                        .examine(script);
        assertThat(found.holes()).isEmpty();
        assertThat(found.undecided()).containsExactlyInAnyOrder(KnownHole.values());
        assertThat(found.isSound()).isFalse();
        assertThat(left()).isEmpty();
    }

    @Test
    void whatDoesNotStartIsAnErrorAndTheOthersAreExamined() throws Exception {
        var broken = versionOnly();
        assertThatThrownBy(() -> examine(broken))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(broken.path().toString());
        var engines =
                new Engines(List.of(broken, bundled))
                        .examinedBy(new EngineExaminer(launcher, facts));
        assertThat(engines.all()).containsExactly(broken, bundled);
        assertThat(engines.factsOf(broken)).isEmpty();
        assertThat(engines.factsOf(bundled)).isPresent();
    }
}
