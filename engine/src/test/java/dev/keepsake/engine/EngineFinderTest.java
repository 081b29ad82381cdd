package dev.keepsake.engine;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EngineFinderTest {
    private static final String REDIS_7 =
            "Redis server v=7.0.15 sha=00000000:0 malloc=libc bits=64";
    private static final String VALKEY_8 =
            "Valkey server v=8.0.1 sha=00000000:0 malloc=libc bits=64";

    @TempDir private Path directory;

    @Test
    void theConfiguredProgramIsTakenBeforeAnyOther() throws Exception {
        var configured = program("elsewhere", "my-engine", REDIS_7);
        program("bin", "valkey-server", VALKEY_8);
        assertThat(finder(configured, searchPath("bin")).find())
                .isEqualTo(new EngineBinary(configured, "redis", "7.0.15"));
    }

    @Test
    void aProgramThatIsStillBeingWrittenIsWaitedFor() throws Exception {
        var configured = program("elsewhere", "my-engine", REDIS_7);
        var written = FileChannel.open(configured, StandardOpenOption.WRITE);
        CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS)
                .execute(() -> {
                    try {
                        written.close();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
        assertThat(finder(configured, searchPath("bin")).find().path()).isEqualTo(configured);
    }

    @Test
    void aConfiguredProgramThatDoesNotWorkIsAnError() throws Exception {
        program("bin", "valkey-server", VALKEY_8);
        var missing = directory.resolve("missing");
        assertThatThrownBy(() -> finder(missing, searchPath("bin")).find())
                .isInstanceOf(EngineNotFoundException.class)
                .hasMessageContaining(missing + " is not a file")
                .hasMessageContaining("or configure none");
    }

    @Test
    void aValkeyServerOnThePathIsPreferredToAnEarlierRedisServer() throws Exception {
        program("first", "redis-server", REDIS_7);
        var valkey = program("second", "valkey-server", VALKEY_8);
        assertThat(finder(null, searchPath("first", "second")).find())
                .isEqualTo(new EngineBinary(valkey, "valkey", "8.0.1"));
    }

    @Test
    void programsThatAreTooOldOrSomethingElseArePassedOver() throws Exception {
        program("old", "redis-server", "Redis server v=6.2.14 sha=00000000:0");
        program("other", "redis-server", "KeyDB server v=6.3.4");
        var good = program("good", "redis-server", REDIS_7);
        var path = File.pathSeparator + searchPath("old", "other", "missing", "good");
        assertThat(finder(null, path).find().path()).isEqualTo(good);
    }

    @Test
    void theMessageTellsWhatWasLookedAtAndWhatToDo() throws Exception {
        var old = program("old", "redis-server", "Redis server v=6.2.14 sha=00000000:0");
        var plain =
                Files.createFile(
                        Files.createDirectory(directory.resolve("plain")).resolve("valkey-server"));
        assertThatThrownBy(() -> finder(null, searchPath("old", "plain")).find())
                .isInstanceOf(EngineNotFoundException.class)
                .hasMessageContaining(old + " is version 6.2.14; expected 7.0 or newer")
                .hasMessageContaining(plain + " is not executable")
                .hasMessageContaining("none is bundled")
                .hasMessageContaining("Install valkey-server or redis-server 7.0 or newer");
    }

    @Test
    void withNothingOnThePathTheBundledProgramIsTaken() throws Exception {
        var bundle = directory.resolve("bundle");
        var found = new EngineFinder(null, "", bundle).find();
        assertThat(found.name()).isEqualTo("redis");
        assertThat(found.version()).isEqualTo("7.0.15");
        assertThat(found.path()).hasParent(bundle);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(found.path())))
                .isEqualTo("rwx------");
    }

    @Test
    void aBundledProgramThatIsThereAlreadyIsKeptUnlessItWasDamaged() throws Exception {
        var finder = new EngineFinder(null, "", directory.resolve("bundle"));
        var program = finder.find().path();
        var extracted = Files.getAttribute(program, "unix:ino");

        assertThat(finder.find().path()).isEqualTo(program);
        assertThat(Files.getAttribute(program, "unix:ino")).isEqualTo(extracted);

        Files.writeString(program, "damaged");
        assertThat(finder.find().version()).isEqualTo("7.0.15");
        try (var files = Files.list(program.getParent())) {
            assertThat(files).as("nothing temporary is left").containsExactly(program);
        }
    }

    /// Every bit counts, and all that are bundled are the ones whose checksums the tree has.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis-server-7.0.15-linux-amd64",
                "redis-server-7.0.15-linux-arm64",
                "redis-server-7.0.15-darwin-amd64",
                "redis-server-7.0.15-darwin-arm64"
            })
    void aBundledProgramWithOtherBytesThanItShouldHaveIsNotPutAnywhere(String resource)
            throws Exception {
        var bundle = directory.resolve("bundle");
        byte[] bytes;
        try (var in = getClass().getResourceAsStream("/" + resource)) {
            bytes = Objects.requireNonNull(in).readAllBytes();
        }
        assertThat(BundledEngine.extract(resource, bytes, bundle)).hasBinaryContent(bytes);
        Files.delete(bundle.resolve(resource));

        bytes[bytes.length / 2] ^= 1;
        assertThatThrownBy(() -> BundledEngine.extract(resource, bytes, bundle))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("SHA-256 of " + resource)
                .hasMessageContaining("damaged or another")
                .hasMessageContaining("build again");
        try (var files = Files.list(bundle)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void aBundledProgramWithoutAChecksumIsNotPutAnywhere() {
        var bundle = directory.resolve("bundle");
        assertThatThrownBy(() -> BundledEngine.extract("another", new byte[1], bundle))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no line for another");
        assertThat(bundle).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({
        "Linux,    amd64,   redis-server-7.0.15-linux-amd64",
        "Linux,    aarch64, redis-server-7.0.15-linux-arm64",
        "Mac OS X, x86_64,  redis-server-7.0.15-darwin-amd64",
        "Mac OS X, aarch64, redis-server-7.0.15-darwin-arm64",
        "Linux,    s390x,",
        "Windows 11, amd64,",
    })
    void everySupportedMachineHasItsProgramOnTheClassPath(
            String osName, String osArch, @Nullable String resource) {
        var named = BundledEngine.resourceFor(osName, osArch);
        assertThat(named).isEqualTo(Optional.ofNullable(resource));
        named.ifPresent(name -> assertThat(getClass().getResource("/" + name)).isNotNull());
    }

    @Test
    void everythingUsableIsFoundOnceAndTheConfiguredProgramAlone() throws Exception {
        var redis = program("first", "redis-server", REDIS_7);
        program("old", "redis-server", "Redis server v=6.2.14 sha=00000000:0");
        var valkey = program("second", "valkey-server", VALKEY_8);
        var path = searchPath("first", "old", "second", "first");
        assertThat(finder(null, path).findAll().all())
                .extracting(EngineBinary::path)
                .containsExactly(valkey, redis);
        assertThat(finder(redis, path).findAll().all())
                .extracting(EngineBinary::path)
                .containsExactly(redis);
        assertThat(new EngineFinder(null, path, directory.resolve("bundle")).findAll().all())
                .hasSize(3)
                .last()
                .satisfies(bundled ->
                        assertThat(bundled.path()).hasParent(directory.resolve("bundle")));
        assertThatThrownBy(() -> finder(null, searchPath("old")).findAll())
                .isInstanceOf(EngineNotFoundException.class);
    }

    /// Each says its version once all have been asked; asked in turn, the first would hang.
    @Test
    void itTellsWhereProgramsMayBePutLater() {
        var bin = directory.resolve("bin");
        assertThat(
                        finder(null, bin + File.pathSeparator + File.pathSeparator + "relative")
                                .places())
                .containsExactly(
                        bin.resolve("valkey-server"),
                        Path.of("relative/valkey-server").toAbsolutePath(),
                        bin.resolve("redis-server"),
                        Path.of("relative/redis-server").toAbsolutePath());
        assertThat(finder(Path.of("my-engine"), bin.toString()).places())
                .containsExactly(Path.of("my-engine").toAbsolutePath());
    }

    @Test
    void programsAreAskedAllAtOnce() throws Exception {
        var names = List.of("first", "second");
        for (var name : names) {
            var others =
                    names.stream()
                            .map(other ->
                                    "[ -e %s ]".formatted(directory.resolve("asked-" + other)))
                            .collect(joining(" && "));
            Files.writeString(
                    program(name, "redis-server", REDIS_7),
                    """
                    #!/bin/sh
                    : > %s
                    until %s; do sleep 0.01; done
                    echo '%s'
                    """
                            .formatted(directory.resolve("asked-" + name), others, REDIS_7));
        }
        assertThat(finder(null, searchPath("first", "second")).findAll().all())
                .extracting(EngineBinary::path)
                .containsExactly(
                        directory.resolve("first/redis-server"),
                        directory.resolve("second/redis-server"));
    }

    @Test
    void valkeyWasNamelessAtFirst() throws Exception {
        var valkey = program("bin", "valkey-server", "Server v=7.2.7 sha=00000000:0 malloc=libc");
        assertThat(finder(null, searchPath("bin")).find())
                .isEqualTo(new EngineBinary(valkey, "valkey", "7.2.7"));
    }

    private EngineFinder finder(@Nullable Path configured, String searchPath) {
        return new EngineFinder(
                configured, searchPath, directory.resolve("bundle"), Optional.empty());
    }

    private String searchPath(String... parents) {
        return Arrays.stream(parents)
                .map(parent -> directory.resolve(parent).toString())
                .collect(joining(File.pathSeparator));
    }

    /// A program that prints one line, whatever it is asked.
    private Path program(String parent, String name, String versionLine) throws IOException {
        var program = Files.createDirectories(directory.resolve(parent)).resolve(name);
        Files.writeString(program, "#!/bin/sh\necho '%s'\n".formatted(versionLine));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return program;
    }
}
