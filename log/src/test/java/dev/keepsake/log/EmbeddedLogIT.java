package dev.keepsake.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// The embedded log on the machine's own file system.
class EmbeddedLogIT extends TransactionLogConformance {
    private static final EmbeddedLogOptions SMALL = new EmbeddedLogOptions(4096, 1 << 20, 2048);
    private static final EmbeddedLogOptions NOTHING_KEPT =
            new EmbeddedLogOptions(1 << 20, 1 << 20, 0);
    private static final Term TERM = new Term(1);

    @TempDir private Path temporary;
    private final List<String> faults = new CopyOnWriteArrayList<>();

    @Override
    protected TransactionLog open() throws IOException {
        return open(directory(), SMALL);
    }

    @Override
    protected TransactionLog reopen() throws IOException {
        return open(directory(), SMALL);
    }

    private EmbeddedLog open(Path directory, EmbeddedLogOptions options) throws IOException {
        return EmbeddedLog.open(
                directory,
                new FileSystemDisk(),
                options,
                Thread.ofPlatform().daemon().name("log-writer").factory(),
                (what, _) -> faults.add(what));
    }

    private Path directory() {
        return temporary.resolve("made/by/the/log");
    }

    @AfterEach
    void noFaultWasFound() {
        assertThat(faults).isEmpty();
    }

    @Test
    void aDirectoryThatAnotherLogOfThisProcessHoldsIsRefusedByName() throws IOException {
        assertThatIOException()
                .isThrownBy(() -> open(directory(), SMALL))
                .withMessageContaining(directory() + " is in use by another log");
        var other = temporary.resolve("other");
        open(other, SMALL).close();
        open(other, SMALL).close();
    }

    @Test
    void aDirectoryThatAnotherProcessHoldsIsRefusedByName() throws Exception {
        var held = temporary.resolve("held");
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var classPath = System.getProperty("java.class.path");
        var holder =
                new ProcessBuilder(java, "-cp", classPath, Holder.class.getName(), held.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (var output = holder.inputReader(UTF_8)) {
            assertThat(output.readLine()).isEqualTo("held");
            assertThatIOException()
                    .isThrownBy(() -> open(held, SMALL))
                    .withMessageContaining(held + " is in use by another log");
        } finally {
            holder.destroyForcibly();
        }
        assertThat(holder.waitFor(120, TimeUnit.SECONDS)).isTrue();
        open(held, SMALL).close();
    }

    /// Holds a directory until its process is ended.
    static final class Holder {
        private Holder() {}

        static void main(String[] args) throws IOException {
            new FileSystemDisk().lockDirectory(Path.of(args[0]));
            System.out.println("held");
            int _ = System.in.read();
        }
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void filesAndDirectoriesAreTheirOwnersAlone() throws Exception {
        var directory = temporary.resolve("private");
        try (var log = open(directory, SMALL)) {
            await(log.claim("a", -1));
            await(log.append(TERM, 0, ByteBuffer.allocate(5_000)));
            await(log.append(TERM, 5_000, ByteBuffer.allocate(1)));
        }
        assertThat(permissions(directory)).isEqualTo("rwx------");
        try (var files = Files.list(directory)) {
            assertThat(files.toList())
                    .hasSize(5) // two segments, the bounds, the reserve, the lock
                    .allSatisfy(file -> assertThat(permissions(file)).isEqualTo("rw-------"));
        }
    }

    @Test
    void aReaderThatIsInterruptedStopsNobodyElse() throws Exception {
        try (var log = open(temporary.resolve("interrupted"), NOTHING_KEPT)) {
            await(log.claim("a", -1));
            await(log.append(TERM, 0, bytes("12345")));
            Thread.currentThread().interrupt();
            assertThat(log.read(1, 100)).hasSize(1);
            assertThat(log.indexOf(4)).isEqualTo(1);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(await(log.append(TERM, 5, bytes("678"))))
                    .isEqualTo(new AppendOutcome.Appended(2, 8));
            assertThat(log.read(1, 100)).hasSize(2);
        }
    }

    @Test
    void aBatchOfManyEntriesIsWrittenWhole() throws Exception {
        var directory = temporary.resolve("many");
        int entries = 5_000;
        try (var log = open(directory, NOTHING_KEPT)) {
            await(log.claim("a", -1));
            var appends = new ArrayList<CompletionStage<AppendOutcome>>();
            for (int i = 0; i < entries; i++) {
                appends.add(log.append(TERM, 4L * i, ByteBuffer.allocate(4).putInt(0, i)));
            }
            for (int i = 0; i < entries; i++) {
                assertThat(await(appends.get(i)))
                        .isEqualTo(new AppendOutcome.Appended(i + 1, 4L * i + 4));
            }
        }
        try (var log = open(directory, NOTHING_KEPT)) {
            assertThat(log.tail()).isEqualTo(new Tail(entries, TERM, "a", 0, 4L * entries));
            assertThat(log.read(entries, 4).getFirst().payload().getInt(0)).isEqualTo(entries - 1);
        }
    }

    @Test
    void aLargeEntryIsReadFromTheFileItself() throws Exception {
        var directory = temporary.resolve("large");
        var large = ByteBuffer.allocateDirect(20 << 20);
        for (int at = 0; at < large.limit(); at += Long.BYTES) {
            large.putLong(at, 0x9E3779B97F4A7C15L * at);
        }
        long end = large.limit() + 3L;
        try (var log = open(directory, EmbeddedLogOptions.standard())) {
            await(log.claim("a", -1));
            await(log.append(TERM, 0, bytes("123")));
            assertThat(await(log.append(TERM, 3, large.duplicate())))
                    .isEqualTo(new AppendOutcome.Appended(2, end));
            await(log.append(TERM, end, bytes("45")));
            assertThat(log.read(1, 1 << 20)).as("not with those before it").hasSize(1);
            assertThat(log.read(3, 1 << 20)).hasSize(1);
            assertLarge(log, large);
        }
        try (var log = open(directory, EmbeddedLogOptions.standard())) {
            assertThat(log.tail().endOffset()).isEqualTo(end + 2);
            assertThat(log.indexOf(end - 1)).isEqualTo(2);
            assertLarge(log, large);
        }
    }

    private static void assertLarge(TransactionLog log, ByteBuffer large) throws IOException {
        var read = log.read(2, 1 << 20);
        assertThat(read).hasSize(1);
        assertThat(read.getFirst().payload().isDirect()).isTrue();
        assertThat(read.getFirst().payload()).isEqualTo(large);
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(120, TimeUnit.SECONDS).join();
    }
}
