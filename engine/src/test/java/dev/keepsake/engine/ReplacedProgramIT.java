package dev.keepsake.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.core.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A program that is replaced while a server runs. The bundled engine stands for all: scripts say
/// which version it is.
@Timeout(300)
final class ReplacedProgramIT {
    @TempDir private Path directory;
    private EngineBinary bundled;
    private EngineLauncher launcher;
    private EngineExaminer examiner;
    private final List<EngineBinary> refused = new ArrayList<>();

    @BeforeEach
    void begin() throws Exception {
        bundled = new EngineFinder(null, "", directory.resolve("bin")).find();
        launcher =
                new EngineLauncher(
                        bundled,
                        RunDirectory.forData(directory.resolve("data")),
                        new MachineClock());
        launcher.whenRefused(refused::add);
        examiner = new EngineExaminer(launcher, directory.resolve("facts"));
    }

    @AfterEach
    void end() {
        launcher.close();
    }

    /// As a package manager does it: beside the old one, then in its place.
    private Path install(String version, String options) throws IOException {
        var next = directory.resolve("new");
        Files.writeString(
                next,
                """
                #!/bin/sh
                [ "$1" = --version ] && echo 'Redis server v=%s sha=00000000:0' && exit
                exec '%s' "$@" %s
                """
                        .formatted(version, bundled.path(), options));
        Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rwx------"));
        return Files.move(
                next,
                directory.resolve("redis-server"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private EngineBinary installed(String version) throws Exception {
        return new EngineFinder(install(version, ""), "", directory).find();
    }

    private void launch(EngineBinary program) throws IOException {
        launcher.launch(
                        new EngineSpec(
                                "n",
                                directory.resolve("work"),
                                0,
                                "feed",
                                new Secret("s"),
                                program,
                                Map.of()))
                .close();
    }

    @Test
    void whatWasExaminedIsLaunchedAndWhatTookItsPlaceIsNot() throws Exception {
        var program = installed("7.0.15");
        launch(program); // which nobody has examined
        examiner.examine(program);
        launch(program);
        assertThat(refused).isEmpty();

        install("7.0.16", "");
        assertThatThrownBy(() -> launch(program))
                .isInstanceOf(ReplacedEngineException.class)
                .hasMessageContaining("redis 7.0.15 (" + program.path())
                .hasMessageContaining("was replaced or changed");
        assertThat(refused).containsExactly(program);
        assertThat(launcher.isReplaced(program)).isTrue();
    }

    @Test
    void whoLooksAgainIsToldWhatIsThereNow() throws Exception {
        var program = installed("7.0.15");
        examiner.examine(program);
        install("7.0.16", "--rename-command EVAL ''");
        var now = (EngineSight.Examined) examiner.lookAgain(program);
        assertThat(now.binary().version()).isEqualTo("7.0.16");
        assertThat(now.facts().isSound()).isTrue();
        launch(now.binary());

        // Other bytes under the same version, as a distribution brings a fix.
        install("7.0.16", "--rename-command EVAL '' ");
        assertThatThrownBy(() -> launch(now.binary())).isInstanceOf(ReplacedEngineException.class);
        assertThat(examiner.examine(now.binary()).isSound()).isTrue();
        launch(now.binary());
    }

    @Test
    void whatIsNoEngineAnyMoreIsGoneAndWhatDoesNotStartIsUnexamined() throws Exception {
        var program = installed("7.0.15");
        examiner.examine(program);
        install("7.0.17", "--no-such-option yes");
        assertThatThrownBy(() -> launch(program)).isInstanceOf(IOException.class);
        assertThat(refused).as("found out though it ended").containsExactly(program);
        assertThat(examiner.lookAgain(program))
                .isInstanceOfSatisfying(
                        EngineSight.Unexamined.class,
                        now -> assertThat(now.binary().version()).isEqualTo("7.0.17"));
        install("6.2.0", "");
        assertThat(examiner.lookAgain(program))
                .isEqualTo(
                        new EngineSight.Gone(program, "is version 6.2.0; expected 7.0 or newer"));
        Files.delete(program.path());
        assertThat(examiner.lookAgain(program))
                .isEqualTo(new EngineSight.Gone(program, "is not a file"));
        install("7.0.15", "");
        assertThat(examiner.lookAgain(program)).isInstanceOf(EngineSight.Examined.class);
    }

    @Test
    void whoLooksWhereNoneWasIsToldWhatIsThere() throws Exception {
        var place = directory.resolve("redis-server");
        assertThat(EngineExaminer.isProgram(place)).isFalse();
        assertThat(examiner.lookAt(place)).isEmpty();
        install("6.2.0", "");
        assertThat(EngineExaminer.isProgram(place)).isTrue();
        assertThat(examiner.lookAt(place)).as("an engine that is too old").isEmpty();
        install("7.0.16", "--rename-command EVAL ''");
        var now = (EngineSight.Examined) examiner.lookAt(place).orElseThrow();
        assertThat(now.binary()).isEqualTo(new EngineBinary(place, "redis", "7.0.16"));
        assertThat(now.facts().isSound()).isTrue();
        launch(now.binary());
        assertThat(launcher.isReplaced(now.binary())).isFalse();
        install("7.0.17", "");
        assertThat(launcher.isReplaced(now.binary())).isTrue();
    }

    /// Whoever knows the program by what it was cannot have the next one examined by that name, and
    /// so launched.
    @Test
    void whatTookTheProgramsPlaceIsNotExaminedUnderItsName() throws Exception {
        var program = installed("7.2.10");
        examiner.examine(program);
        install("7.2.9", "");
        var now = examiner.lookAgain(program);
        assertThat(now).isInstanceOf(EngineSight.Examined.class);
        assertThatThrownBy(() -> examiner.examine(program))
                .isInstanceOf(ReplacedEngineException.class)
                .hasMessageContaining("redis 7.2.10 (" + program.path())
                .hasMessageContaining("it says that it is redis 7.2.9");
        assertThat(refused).as("who is to look again hears of it").containsExactly(program);
        assertThatThrownBy(() -> launch(program)).isInstanceOf(ReplacedEngineException.class);
        launch(now.binary());

        Files.delete(program.path());
        refused.clear();
        assertThatThrownBy(() -> examiner.examine(program)).isInstanceOf(IOException.class);
        assertThat(refused).containsExactly(program);
    }

    /// Both in the directory that belongs to the path, which each of them empties and removes.
    @Test
    void whatIsAtOnePathIsExaminedByOneAtATime() throws Exception {
        var program = installed("7.0.15");
        var busy = directory.resolve("busy");
        var twice = directory.resolve("twice");
        Files.writeString(
                install("7.0.16", ""),
                """
                #!/bin/sh
                [ "$1" = --version ] && echo 'Redis server v=7.0.16 sha=00000000:0' && exit
                mkdir '%s' || touch '%s'
                sleep 0.5
                rmdir '%s'
                exec '%s' "$@" --rename-command EVAL ''
                """
                        .formatted(busy, twice, busy, bundled.path()));
        var sight = CompletableFuture.supplyAsync(() -> examiner.lookAgain(program));
        assertThatThrownBy(() -> examiner.examine(program)).isInstanceOf(IOException.class);
        assertThat(sight.get()).isInstanceOf(EngineSight.Examined.class);
        assertThat(twice).doesNotExist();
    }

    @Test
    void whatIsExcludedIsNotLaunchedButMayBeExamined() throws Exception {
        var program = installed("7.0.15");
        launcher.exclude(Map.of(program, "has CVE-1"));
        assertThatThrownBy(() -> launch(program)).hasMessageContaining("it has CVE-1");
        assertThat(refused).containsExactly(program);
        examiner.examine(program);
        launcher.exclude(Map.of());
        launch(program);
    }
}
