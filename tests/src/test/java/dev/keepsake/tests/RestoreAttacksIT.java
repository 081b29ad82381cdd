package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.util.Collections.nCopies;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.InvalidParameterValueException;

/// Callers that make the server read files that are none of theirs, are none at all, are too large
/// or are damaged: each is answered, nothing stays behind, and a client of another cluster notices
/// nothing of it.
class RestoreAttacksIT {
    private static final int MANY = 400;

    @TempDir static Path directory;
    private static TestServer server;
    private static Path given;

    private Bystander bystander;

    @BeforeAll
    static void start() throws Exception {
        given = Files.createDirectories(directory.resolve("given"));
        server =
                TestServer.start(
                        data(),
                        ServerParts.standard(),
                        TestServer.tuning().withRestoreFrom(List.of(given)));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void letSomebodyWrite() throws Exception {
        bystander = Bystander.of(server.api(), "other");
    }

    @AfterEach
    void askWhoWrote() throws Exception {
        try (var writer = bystander) {
            writer.assertNoticedNothing();
        }
        assertThat(clusters()).as("what is left").hasSize(1);
    }

    @Test
    void whatIsOutsideTheDirectoriesIsRefused() {
        for (String address :
                List.of(
                        "file:///dev/zero",
                        "file:///etc/passwd",
                        given.toUri() + "../data/server.lock",
                        given.toUri() + "%2e%2e/data/server.lock",
                        given.toUri() + "below/../../data/server.lock",
                        "file://" + given)) {
            assertThatThrownBy(() -> fill("refused", address))
                    .as(address)
                    .isInstanceOf(InvalidParameterValueException.class)
                    .hasMessageContaining("--restore-from");
        }
        assertThat(server.api().client().describeClusters(request -> {}).clusters()).hasSize(1);
    }

    @Test
    void whatIsNoReadableFileOfTheDirectoriesHasOneAnswer() throws Exception {
        var secret = Files.writeString(directory.resolve("secret"), "secret");
        Files.createSymbolicLink(given.resolve("out.rdb"), secret);
        Files.createSymbolicLink(given.resolve("zero.rdb"), Path.of("/dev/zero"));
        Files.createDirectories(given.resolve("directory.rdb"));
        assertThat(
                        new ProcessBuilder("mkfifo", given.resolve("pipe.rdb").toString())
                                .start()
                                .waitFor())
                .isZero();
        var names = new ArrayList<>(List.of("out", "zero", "directory", "pipe", "absent"));
        var locked = RdbFile.write(given.resolve("locked.rdb"), 1);
        Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("---------"));
        if (!Files.isReadable(locked)) { // it is for root
            names.add("locked");
        }
        for (String name : names) {
            var file = given.resolve(name + ".rdb");
            assertThat(failure(name, file.toUri().toString()))
                    .as(name)
                    .endsWith(
                            "File %s cannot be read; it has to be a regular file in a directory that --restore-from names, and the server has to be allowed to read it."
                                    .formatted(file));
        }
    }

    @Test
    void whatIsLargerThanTheNodesIsNotCopied() throws Exception {
        var sparse = given.resolve("sparse.rdb");
        try (var file = new RandomAccessFile(sparse.toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        assertThat(failure("sparse", sparse.toUri().toString()))
                .contains("has 1099511627776 bytes")
                .contains("for which its nodes have memory");
    }

    @Test
    void whatIsNoSoundRdbFileIsNotLoaded() throws Exception {
        var text = Files.writeString(given.resolve("text.rdb"), "root:x:0:0:root:/root:/bin/sh\n");
        var whole = RdbFile.write(given.resolve("whole.rdb"), 10);
        var bytes = Files.readAllBytes(whole);
        var cut = Files.write(given.resolve("cut.rdb"), Arrays.copyOf(bytes, 60));
        bytes[12] = 99; // a type that there is not
        var damaged = Files.write(given.resolve("damaged.rdb"), bytes);
        var empty = Files.write(given.resolve("empty.rdb"), new byte[0]);
        for (var file : List.of(text, cut, damaged, empty)) {
            String name = file.getFileName().toString().replace(".rdb", "");
            assertThat(failure(name, file.toUri().toString()))
                    .as(name)
                    .endsWith("File %s cannot be loaded as one database.".formatted(file));
        }
    }

    /// Of an RDB version that this engine reads, as what Valkey 8.1 wrote is to 8.0.
    @Test
    void whatANewerEngineWroteIsRefusedByThatReason() throws Exception {
        var newer = RdbFile.writeUnloadable(given.resolve("newer.rdb"), "valkey-ver", "99.1.0");
        assertThat(failure("newer", newer.toUri().toString()))
                .contains("File %s cannot be loaded by ".formatted(newer))
                .contains(": it says that valkey 99.1.0 wrote it, ")
                .endsWith("Fill a cluster that runs on valkey 99.1.0 or a newer valkey.");
        var older = RdbFile.writeUnloadable(given.resolve("older.rdb"), "redis-ver", "2.8.0");
        assertThat(failure("older", older.toUri().toString()))
                .endsWith("File %s cannot be loaded as one database.".formatted(older));
    }

    @Test
    void whatIsBeingFilledCanBeGivenUp() throws Exception {
        var file = RdbFile.write(given.resolve("often.rdb"), 1_000);
        server.api()
                .fill(
                        "filled",
                        server.endpointPort(),
                        request ->
                                request.numShards(8)
                                        .snapshotArns(nCopies(MANY, file.toUri().toString())));
        await("it is being filled", () -> isFilling("filled"));
        assertThat(server.api().describe("filled").status()).isEqualTo("creating");
        server.api().delete("filled");
        assertThat(server.api().messages("filled")).containsExactly("Cluster deleted.");
        await("no engine is left", () -> !isFilling("filled"));
    }

    /// Makes a cluster that cannot be filled, and deletes it.
    ///
    /// @return what its events say of it
    private static String failure(String name, String address) throws IOException {
        fill(name, address);
        await(name + " fails", () -> server.api().describe(name).status().equals("restore-failed"));
        assertThat(clusters()).as("what %s leaves before it is deleted", name).hasSize(1);
        var messages = server.api().messages(name);
        server.api().delete(name);
        assertThat(messages).hasSize(1);
        return messages.getFirst();
    }

    private static void fill(String name, String address) {
        server.api().fill(name, server.endpointPort(), request -> request.snapshotArns(address));
    }

    private static boolean isFilling(String cluster) {
        return ProcessHandle.current()
                .descendants()
                .map(each -> String.join(" ", each.info().arguments().orElse(new String[0])))
                .anyMatch(line ->
                        line.contains(data().toString())
                                && line.contains("engine-" + cluster)
                                && line.contains("-fill"));
    }

    private static Path data() {
        return directory.resolve("data");
    }

    private static List<Path> clusters() throws IOException {
        try (var all = Files.list(data().resolve("clusters").resolve("us-east-1"))) {
            return all.toList();
        }
    }
}
