package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// TLS handshakes with a node that are begun and left lying: there are never many, whoever is quick
/// gets in, and other clusters notice nothing. The server is a process with so little direct memory
/// that it takes few handshakes at a time.
class HandshakeAttacksIT {
    private static final int BOUND = 128; // a sixteenth of the direct memory, 64 KiB each
    private static final int ATTACKERS = 1_000;
    private static final String GAVE_WAY = "has not finished its TLS handshake";
    private static final int RECORD_BYTES = 16 << 10;

    @TempDir static Path directory;
    private static ServerProcess server;
    private static Api api;
    private static Trust trust;
    private static Node node;

    private final Attackers attackers = new Attackers();

    @BeforeAll
    static void start() throws Exception {
        var ports = FreePorts.next(30);
        server =
                ServerProcess.launchWithDirectMemory(
                        "128m",
                        directory,
                        ports.first(),
                        new PortRange(ports.first() + 1, ports.last() - 1),
                        "--max-value-mb",
                        "1");
        var endpoint = server.awaitReady();
        api = new Api(endpoint);
        trust = Trust.in(endpoint);
        api.createWithTls("attacked", 1, 0, ports.last());
        node = api.node("attacked", 0, 0);
    }

    @AfterAll
    static void stop() {
        api.close();
        server.close();
    }

    @AfterEach
    void endAttack() throws IOException {
        attackers.close();
    }

    private static ByteBuffer nothing() {
        return ByteBuffer.allocate(0);
    }

    private static ByteBuffer clientHello() throws Exception {
        var engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        return flightOf(engine);
    }

    private static ByteBuffer flightOf(SSLEngine engine) throws SSLException {
        var flight = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(nothing(), flight);
        return flight.flip();
    }

    /// The beginning of a record of a handshake as long as one may be.
    private static ByteBuffer halfRecord() {
        return ByteBuffer.allocate(RECORD_BYTES)
                .put(new byte[] {0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, (byte) 0xfc})
                .rewind();
    }

    @Test
    void handshakesThatAreLeftLyingGiveWayToThoseWhoAreQuick() throws Exception {
        var begun = List.of(nothing(), clientHello(), halfRecord());
        try (var bystander = Bystander.of(api, "bystander")) {
            for (int i = 0; i < ATTACKERS; i++) {
                Attackers.send(attackers.connect(node), begun.get(i % begun.size()).duplicate());
            }
            try (var wire = Wire.to(node, trust)) {
                assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
                await("some gave way", () -> server.errors().contains(GAVE_WAY));
                await("few are left", () -> attackers.count(HandshakeAttacksIT::isThere) <= BOUND);
                assertThat(wire.ask("GET", "k")).isEqualTo("v");
            }
            bystander.assertNoticedNothing();
        }
    }

    /// Reads what the node has said so far.
    private static boolean isThere(SocketChannel attacker) {
        var into = ByteBuffer.allocate(RECORD_BYTES);
        try {
            int read = attacker.read(into);
            while (read > 0) {
                read = attacker.read(into.clear());
            }
            return read == 0;
        } catch (IOException reset) {
            return false;
        }
    }
}
