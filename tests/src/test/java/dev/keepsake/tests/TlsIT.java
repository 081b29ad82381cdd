package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Nodes that speak TLS, as clusters have them unless they are told not to.
class TlsIT {
    @TempDir static Path directory;
    private static TestServer server;
    private static Trust trust;
    private static Node primary;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start(directory);
        trust = Trust.in(server.endpoint());
        var cluster = server.api().createWithTls("demo", 1, 1, server.endpointPort());
        assertThat(cluster.tlsEnabled()).isTrue();
        primary = cluster.shards().getFirst().nodes().getFirst();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aNodeSpeaksBothVersions(String version) throws IOException {
        try (var wire = Wire.to(primary, trust.speakingOnly(version))) {
            assertThat(wire.ask("SET", "k", version)).isEqualTo("OK");
            assertThat(wire.ask("GET", "k")).isEqualTo(version);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "localhost"})
    void itsCertificateHoldsForTheNamesThatItIsReachedUnder(String name) throws IOException {
        try (var socket = trust.handshake(connect(), name)) {
            assertThat(socket.getSession().isValid()).isTrue();
        }
    }

    @Test
    void itHoldsForNoOtherName() throws IOException {
        try (var connected = connect()) {
            assertThatThrownBy(() -> trust.handshake(connected, "example.com"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("example.com");
        }
    }

    @Test
    void whoeverDoesNotTrustTheServersAuthorityDoesNotConnect() throws Exception {
        var others = Trust.inPublicAuthorities();
        try (var connected = connect()) {
            assertThatThrownBy(() -> others.handshake(connected, "127.0.0.1"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("certification path");
        }
    }

    @Test
    void plainCommandsAreNotAnsweredAndDisturbNobody() throws IOException {
        try (var bystander = Wire.to(primary, trust)) {
            try (var plain = Wire.to(primary)) {
                plain.send("SET", "k", "plain");
                assertThatThrownBy(plain::read).isInstanceOf(IOException.class);
            }
            assertThat(bystander.ask("SET", "k", "v")).isEqualTo("OK");
        }
    }

    @Test
    void largeValuesAndLongPipelinesComeBackAsTheyWere() throws IOException {
        var value = "v".repeat(20 << 20);
        try (var wire = Wire.to(primary, trust)) {
            assertThat(wire.ask("SET", "big", value)).isEqualTo("OK");
            assertThat(wire.ask("GET", "big").equals(value)).isTrue();
            var commands = new ArrayList<List<String>>();
            for (int i = 0; i < 5_000; i++) {
                commands.add(List.of("SET", "k" + i, "" + i));
                commands.add(List.of("GET", "k" + i));
            }
            wire.sendAll(commands);
            for (int i = 0; i < 5_000; i++) {
                assertThat(wire.read()).isEqualTo("OK");
                assertThat(wire.read()).isEqualTo("" + i);
            }
        }
    }

    @Test
    void theAuthorityAndItsKeyOutliveARestartAndAFailover(@TempDir Path other) throws Exception {
        Trust first;
        try (var begun = TestServer.start(other)) {
            first = Trust.in(begun.endpoint());
            var cluster = begun.api().createWithTls("demo", 1, 1, begun.endpointPort());
            try (var wire = Wire.to(cluster.shards().getFirst().nodes().getFirst(), first)) {
                assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
            }
            begun.api().failOver("demo", "0001");
            try (var wire = Wire.to(cluster.shards().getFirst().nodes().get(1), first)) {
                assertThat(wire.ask("GET", "k")).isEqualTo("v");
            }
        }
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(
                                        other.resolve("tls").resolve("authority.pem"))))
                .isEqualTo("rw-------");
        try (var again = TestServer.start(other)) {
            assertThat(Trust.in(again.endpoint()).pem()).isEqualTo(first.pem());
            assertThat(Files.readString(other.resolve("tls").resolve("ca.pem")))
                    .isEqualTo(first.pem())
                    .doesNotContain("PRIVATE");
        }
    }

    private static Socket connect() throws IOException {
        return new Socket(primary.endpoint().address(), primary.endpoint().port());
    }
}
