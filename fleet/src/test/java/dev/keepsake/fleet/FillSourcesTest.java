package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepsake.buckets.DirectoryBuckets;
import dev.keepsake.buckets.FillSource;
import dev.keepsake.buckets.Filling;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a caller may make the server read, and how much of it.
class FillSourcesTest {
    private static final long MAX_BYTES = 3 << 20;
    private static final String UNREADABLE =
            " cannot be read; it has to be a regular file in a directory that --restore-from names,"
                    + " and the server has to be allowed to read it.";

    @TempDir Path directory;

    private Path given;
    private CallerFiles files;

    @BeforeEach
    void makeDirectories() throws IOException {
        given = Files.createDirectories(directory.resolve("given"));
        Files.createDirectories(given.resolve("below"));
        Files.createDirectories(directory.resolve("other"));
        files = new CallerFiles(List.of(directory.resolve("more"), given));
    }

    @Test
    void aFileInADirectoryOrBelowItIsRead() throws IOException {
        for (String name : List.of("a.rdb", "below/a b.rdb")) {
            Files.writeString(given.resolve(name), name);
            assertThat(copied(given.resolve(name))).hasContent(name);
        }
        Files.createSymbolicLink(given.resolve("link.rdb"), given.resolve("a.rdb"));
        Files.createSymbolicLink(given.resolve("way"), given.resolve("below"));
        assertThat(copied(given.resolve("link.rdb"))).hasContent("a.rdb");
        assertThat(copied(given.resolve("way/a b.rdb"))).hasContent("below/a b.rdb");
    }

    /// By the name alone, whether or not there is such a file.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:///dev/zero",
                "file:///etc/passwd",
                "file:///",
                "file://GIVEN",
                "file://GIVEN/",
                "file://GIVEN/../other/a.rdb",
                "file://GIVEN/%2e%2e/other/a.rdb",
                "file://GIVEN/below/../../other/a.rdb",
                "file://GIVENa/a.rdb",
                "file://GIVEN/a.rdb?query",
                "file://GIVEN/a%00.rdb"
            })
    void whatTheNameLeadsElsewhereIsRefusedBeforeItIsLookedAt(String address) {
        String named = address.replace("GIVEN", given.toString());
        assertThat(files.asDecided().refusalOf(named)).isPresent();
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> files.at(named));
    }

    @Test
    void withoutDirectoriesNoFileIsRead() {
        var none = new CallerFiles(List.of());
        assertThat(none.asDecided().refusalOf(given.resolve("a.rdb").toUri().toString()))
                .hasValueSatisfying(refusal -> assertThat(refusal).contains("--restore-from"));
    }

    /// Each is answered alike, so that nobody learns what there is.
    @Test
    void whatIsAbsentUnreadableElsewhereOrNoFileHasOneAnswer() throws Exception {
        Files.writeString(directory.resolve("other/secret"), "secret");
        Files.createSymbolicLink(given.resolve("out"), directory.resolve("other/secret"));
        Files.createSymbolicLink(given.resolve("away"), directory.resolve("other"));
        Files.createSymbolicLink(given.resolve("zero"), Path.of("/dev/zero"));
        Files.createSymbolicLink(given.resolve("loop"), given.resolve("loop"));
        assertThat(new ProcessBuilder("mkfifo", given.resolve("pipe").toString()).start().waitFor())
                .isZero();
        for (String name :
                List.of(
                        "absent",
                        "none/a",
                        "below",
                        "out",
                        "away/secret",
                        "zero",
                        "loop",
                        "pipe")) {
            assertUnreadable(given.resolve(name));
        }
        Files.writeString(given.resolve("locked"), "locked");
        Files.setPosixFilePermissions(
                given.resolve("locked"), PosixFilePermissions.fromString("---------"));
        if (!Files.isReadable(given.resolve("locked"))) { // it is for root
            assertUnreadable(given.resolve("locked"));
        }
    }

    @Test
    void aFileThatIsLargerThanTheNodesIsNotCopied() throws IOException {
        var sparse = given.resolve("sparse.rdb");
        try (var file = new RandomAccessFile(sparse.toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> copied(sparse))
                .withMessageContaining("sparse.rdb has 1099511627776 bytes")
                .withMessageContaining("may have " + MAX_BYTES);
        assertNothingCopied();
    }

    @Test
    void allFilesTogetherAreBoundedAnewForEachShard() throws IOException {
        var file = given.resolve("half.rdb");
        Files.write(file, new byte[(int) MAX_BYTES / 2]);
        var filling = filling();
        for (int shard = 0; shard < 2; shard++) {
            filling.beginShard();
            for (int i = 0; i < 2; i++) {
                filling.copy(files.at(file.toUri().toString()), directory.resolve("copy"));
            }
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() ->
                            filling.copy(
                                    files.at(file.toUri().toString()), directory.resolve("copy")));
        }
        assertNothingCopied();
    }

    /// Its length is what a device, or a file that grows, says of itself.
    @Test
    void noMoreIsCopiedThanIsAllowedWhateverALengthSays() {
        var endless = new FillSource("endless", () -> new Endless(() -> {}));
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> filling().copy(endless, directory.resolve("copy")))
                .withMessageContaining("may have " + MAX_BYTES);
        assertNothingCopied();
    }

    @Test
    void theDiskKeepsAMargin() {
        var file = new FillSource("endless", () -> new Endless(() -> {}));
        var usable = new AtomicInteger(3);
        var filling =
                new Filling(
                        Long.MAX_VALUE,
                        where -> Filling.MARGIN_BYTES + ((long) usable.getAndDecrement() << 20));
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> filling.copy(file, directory.resolve("copy")))
                .withMessageContaining("make room");
        assertThat(usable).hasValueLessThan(1);
        assertNothingCopied();
    }

    @Test
    void whatIsNotWantedAnyMoreIsNotCopiedAnyFurther() {
        var filling = new Filling(Long.MAX_VALUE, where -> Long.MAX_VALUE);
        var endless = new FillSource("endless", () -> new Endless(filling::stop));
        assertThatExceptionOfType(Filling.StoppedException.class)
                .isThrownBy(() -> filling.copy(endless, directory.resolve("copy")));
        assertNothingCopied();
    }

    @Test
    void whatWaitsForAnotherMachineIsInterrupted() throws Exception {
        var filling = filling();
        var waits = new CountDownLatch(1);
        var stopping =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                waits.await();
                                filling.stop();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() ->
                        filling.waitingFor(() -> {
                            waits.countDown();
                            try {
                                new CountDownLatch(1).await();
                                return true;
                            } catch (InterruptedException e) {
                                throw new IOException("interrupted", e);
                            }
                        }));
        stopping.join();
        assertThat(Thread.interrupted()).as("cleaning up is not").isFalse();
    }

    @Test
    void objectsOfADirectoryLeadNowhereElse() throws IOException {
        var buckets = new DirectoryBuckets(directory.resolve("buckets"));
        var bucket = Files.createDirectories(directory.resolve("buckets/bucket"));
        Files.writeString(directory.resolve("buckets/secret"), "secret");
        Files.writeString(bucket.resolve("a.rdb"), "a");
        Files.createSymbolicLink(bucket.resolve("out"), directory.resolve("buckets/secret"));
        filling()
                .copy(
                        buckets.get("bucket", "a.rdb", directory, filling()),
                        directory.resolve("copy"));
        assertThat(directory.resolve("copy")).hasContent("a");
        Files.delete(directory.resolve("copy"));
        for (String key : List.of("out", "absent", "../secret", "..", ".", "/etc/passwd")) {
            assertThatExceptionOfType(IOException.class)
                    .as(key)
                    .isThrownBy(() ->
                            filling()
                                    .copy(
                                            buckets.get("bucket", key, directory, filling()),
                                            directory.resolve("copy")))
                    .satisfies(
                            e -> assertThat(e.getMessage()).doesNotContain(directory.toString()));
        }
        for (String name : List.of("..", ".", "../bucket", "/etc")) {
            assertThatExceptionOfType(IOException.class)
                    .as(name)
                    .isThrownBy(() -> buckets.get(name, "passwd", directory, filling()));
        }
        assertNothingCopied();
    }

    private void assertUnreadable(Path file) {
        assertThatExceptionOfType(IOException.class)
                .as("%s", file)
                .isThrownBy(() -> copied(file))
                .withMessage("File " + file + UNREADABLE);
        assertNothingCopied();
    }

    private void assertNothingCopied() {
        assertThat(directory.resolve("copy")).doesNotExist();
    }

    private Path copied(Path file) throws IOException {
        var copy = directory.resolve("copy");
        String address = file.toUri().toString();
        assertThat(files.asDecided().refusalOf(address)).as("by its name").isEmpty();
        filling().copy(files.at(address), copy);
        var kept = copy.resolveSibling("copied");
        Files.deleteIfExists(kept);
        return Files.move(copy, kept);
    }

    private static Filling filling() {
        return new Filling(MAX_BYTES, where -> Long.MAX_VALUE);
    }

    /// Claims to be empty, and never ends.
    private record Endless(Runnable onRead) implements SeekableByteChannel {
        @Override
        public int read(ByteBuffer to) {
            onRead.run();
            int bytes = to.remaining();
            to.position(to.limit());
            return bytes;
        }

        @Override
        public long size() {
            return 0;
        }

        @Override
        public int write(ByteBuffer from) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long position() {
            return 0;
        }

        @Override
        public SeekableByteChannel position(long position) {
            return this;
        }

        @Override
        public SeekableByteChannel truncate(long bytes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
