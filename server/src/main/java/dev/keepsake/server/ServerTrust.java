package dev.keepsake.server;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;

/// Trust in the nodes of a server, as an application has it that was given the server's
/// certificate: nobody else is trusted, and names are checked. Immutable.
final class ServerTrust {
    private static final Duration WITHIN = Duration.ofSeconds(10);

    private static final String STORE_TYPE = "PKCS12";
    private static final char[] STORE_PASSWORD = "public".toCharArray(); // certificates are

    private final byte[] trustStore;

    private ServerTrust(byte[] trustStore) {
        this.trustStore = trustStore;
    }

    /// Asks a server for its certificate. Blocks.
    static ServerTrust of(URI endpoint) throws DrillException, InterruptedException {
        var certificate = endpoint.resolve("/_keepsake/ca.pem");
        try (var http = HttpClient.newBuilder().connectTimeout(WITHIN).build()) {
            var answer =
                    http.send(
                            HttpRequest.newBuilder(certificate).timeout(WITHIN).build(),
                            HttpResponse.BodyHandlers.ofByteArray());
            if (answer.statusCode() != 200) {
                throw new DrillException(
                        "%s answers %d instead of a certificate"
                                .formatted(certificate, answer.statusCode()));
            }
            return new ServerTrust(trustStore(answer.body()));
        } catch (IOException | GeneralSecurityException e) {
            throw new DrillException("%s is of no use: %s".formatted(certificate, e), e);
        }
    }

    private static byte[] trustStore(byte[] pem) throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance(STORE_TYPE);
        store.load(null, null);
        store.setCertificateEntry(
                "keepsake",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(pem)));
        var bytes = new ByteArrayOutputStream();
        store.store(bytes, STORE_PASSWORD);
        return bytes.toByteArray();
    }

    /// How Jedis connects with it.
    DefaultJedisClientConfig.Builder jedis() {
        return DefaultJedisClientConfig.builder()
                .sslOptions(
                        SslOptions.builder()
                                .trustStoreType(STORE_TYPE)
                                .truststore(
                                        () -> new ByteArrayInputStream(trustStore), STORE_PASSWORD)
                                .sslVerifyMode(SslVerifyMode.FULL)
                                .build());
    }
}
