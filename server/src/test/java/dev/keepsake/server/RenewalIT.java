package dev.keepsake.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Clock;
import dev.keepsake.core.PortLease;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that has run for so long that the certificate of its nodes is to be replaced.
class RenewalIT {
    // More than two thirds of a certificate's life, and less than all of it.
    private static final Duration RAN_FOR = Duration.ofDays(600);
    private static final Duration LIFE = Duration.ofDays(825);
    private static final long WITHIN_NS = Duration.ofMinutes(2).toNanos();
    private static final long PAUSE_NS = Duration.ofMillis(50).toNanos();

    @TempDir Path directory;

    /// For who starts the server it is long ago; once it runs it is now.
    private static final class Later implements Clock {
        private final Thread starter = Thread.currentThread();

        @Override
        public long nowNs() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            var now = Instant.now();
            return Thread.currentThread() == starter ? now.minus(RAN_FOR) : now;
        }
    }

    @Test
    void itReplacesTheCertificateWithoutARestart() throws Exception {
        var start = Instant.now();
        try (var ports = PortLease.take(3, RandomGenerator.getDefault());
                var server =
                        Server.start(
                                new ServerConfig(
                                        "127.0.0.1",
                                        0,
                                        directory,
                                        new PortRange(ports.first(), ports.last() - 1),
                                        null),
                                ServerParts.standard(),
                                new Later())) {
            create(server.endpoint(), ports.last());
            var certificate = presentedAt(ports.last());
            for (long from = System.nanoTime();
                    certificate.isEmpty() && System.nanoTime() - from < WITHIN_NS; ) {
                LockSupport.parkNanos(PAUSE_NS);
                certificate = presentedAt(ports.last());
            }
            assertThat(certificate.orElseThrow().getNotAfter().toInstant())
                    .as("that of the start would end after %s", LIFE.minus(RAN_FOR))
                    .isAfter(start.plus(LIFE).minus(Duration.ofDays(1)));
        }
    }

    private static void create(URI endpoint, int port) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var answer =
                    http.send(
                            HttpRequest.newBuilder(endpoint)
                                    .header("Content-Type", "application/x-amz-json-1.1")
                                    .header("X-Amz-Target", "AmazonMemoryDB.CreateCluster")
                                    .POST(
                                            BodyPublishers.ofString(
                                                    """
                                                    {"ClusterName":"a","NodeType":"db.t4g.small",\
                                                    "ACLName":"open-access","NumReplicasPerShard":0,\
                                                    "Port":%d}
                                                    """
                                                            .formatted(port)))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }
    }

    /// What a client is shown that trusts the server's authority; nothing while nobody listens.
    private Optional<X509Certificate> presentedAt(int port) throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var pem = Files.newInputStream(directory.resolve("tls").resolve("ca.pem"))) {
            store.setCertificateEntry(
                    "keepsake", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        try (var socket =
                (SSLSocket)
                        context.getSocketFactory()
                                .createSocket(InetAddress.getLoopbackAddress(), port)) {
            socket.startHandshake();
            return Optional.of((X509Certificate) socket.getSession().getPeerCertificates()[0]);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
