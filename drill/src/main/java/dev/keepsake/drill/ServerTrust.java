package dev.keepsake.drill;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import redis.clients.jedis.DefaultJedisClientConfig;

/// Trust in the nodes of a server, like that of an application which was given the server's
/// certificate: no other certificate is trusted, and names are checked. Immutable.
final class ServerTrust {
    private static final Duration WITHIN = Duration.ofSeconds(10);

    private final SSLContext context;

    private ServerTrust(SSLContext context) {
        this.context = context;
    }

    /// Gets the certificate from a server. Blocks.
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
            return new ServerTrust(contextTrusting(answer.body()));
        } catch (IOException | GeneralSecurityException e) {
            throw new DrillException(
                    "the certificate at %s cannot be used: %s".formatted(certificate, e), e);
        }
    }

    private static SSLContext contextTrusting(byte[] pem)
            throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry(
                "keepsake",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(pem)));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    /// The settings for Jedis, with one TLS context for all connections. With `SslOptions`, Jedis
    /// would create a context and read the trust store again for each connection.
    @SuppressWarnings("deprecation") // SslOptions cannot have a context
    DefaultJedisClientConfig.Builder jedis() {
        var names = new SSLParameters();
        names.setEndpointIdentificationAlgorithm("HTTPS");
        return DefaultJedisClientConfig.builder()
                .ssl(true)
                .sslSocketFactory(context.getSocketFactory())
                .sslParameters(names);
    }
}
