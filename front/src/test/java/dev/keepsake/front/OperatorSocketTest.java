package dev.keepsake.front;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.engine.Transport;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process that can open the socket may do nearly everything.
class OperatorSocketTest {
    @TempDir Path directory;
    private Transport transport;
    private EventLoop loop;
    private Path path;
    private final BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();

    @BeforeEach
    void start() {
        transport = Transport.best(1);
        loop = transport.group().next();
        path = directory.resolve("n1.operators");
    }

    @AfterEach
    void stop() {
        transport.close();
    }

    private OperatorSocket socket(Path at) {
        return new OperatorSocket("n1", at, loop, transport, 10, accepted::add);
    }

    private void onLoop(Runnable task) throws Exception {
        loop.submit(task).get(60, TimeUnit.SECONDS);
    }

    private OperatorSocket bound() throws Exception {
        var socket = socket(path);
        onLoop(socket::bind);
        TestFront.await("the socket exists", () -> Files.exists(path));
        return socket;
    }

    private List<Path> files() throws IOException {
        try (var files = Files.list(directory)) {
            return files.toList();
        }
    }

    /// What distinguishes a file from another one with the same name.
    private Object file() throws IOException {
        return requireNonNull(Files.readAttributes(path, BasicFileAttributes.class).fileKey());
    }

    private boolean connects() throws Exception {
        try (var client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(path));
            var taken = accepted.poll(60, TimeUnit.SECONDS);
            if (taken != null) {
                taken.unsafe().closeForcibly();
            }
            return taken != null;
        } catch (IOException _) {
            return false;
        }
    }

    /// From the first moment on: the socket gets its name when only its owner can open it.
    @Test
    void onlyItsOwnerMayOpenTheSocket() throws Exception {
        bound();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
        assertThat(files()).as("no other name stays").containsExactly(path);
        assertThat(connects()).isTrue();
    }

    @Test
    void theSocketIsRemovedWhenTheNodeStopsListening() throws Exception {
        var socket = bound();
        onLoop(socket::close);
        assertThat(files()).isEmpty();
        onLoop(socket::close); // a second call has no effect
        onLoop(socket::bind);
        TestFront.await("the socket exists again", () -> Files.exists(path));
        assertThat(connects()).isTrue();
    }

    /// A process that was killed leaves its socket behind.
    @Test
    void aSocketReplacesOneOfAKilledProcess() throws Exception {
        Files.createFile(path);
        var before = file();
        onLoop(socket(path)::bind);
        TestFront.await("the file is another one", () -> !file().equals(before));
        assertThat(connects()).isTrue();
    }

    /// A new node of the same name may listen before the old one has closed.
    @Test
    void theSocketOfANewNodeStays() throws Exception {
        var old = bound();
        var before = file();
        onLoop(socket(path)::bind);
        TestFront.await("the new socket exists", () -> !file().equals(before));
        onLoop(old::close);
        assertThat(Files.exists(path)).isTrue();
        assertThat(connects()).isTrue();
    }

    /// Clients are served all the same, and the node may try again.
    @Test
    void anUnusablePathAdmitsNoOperators() throws Exception {
        var nowhere = directory.resolve("missing").resolve("socket");
        var socket = socket(nowhere);
        onLoop(socket::bind);
        onLoop(socket::close);
        assertThat(nowhere).doesNotExist();
        Files.createDirectory(nowhere.getParent());
        TestFront.await(
                "the socket exists",
                () -> {
                    onLoop(socket::bind);
                    return Files.exists(nowhere);
                });
    }

    @Test
    void aForeignFileOfTheSameNameIsNotRemoved() throws Exception {
        var socket = bound();
        var mine = Files.writeString(directory.resolve("mine"), "mine");
        Files.move(mine, path, StandardCopyOption.REPLACE_EXISTING);
        onLoop(socket::close);
        assertThat(path).hasContent("mine");
    }
}
