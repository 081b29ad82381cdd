package dev.keepsake.tests;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/// A client's trust in one server's certificate authority and in nobody else.
///
/// @param pem the authority's certificate
/// @param versions the versions of TLS that the client speaks
record Trust(String pem, SSLContext context, List<String> versions) {
    private static final List<String> CURRENT = List.of("TLSv1.3", "TLSv1.2");

    /// As an application gets it: from the API.
    static Trust in(URI endpoint) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(endpoint.resolve("/_keepsake/ca.pem"))
                            .timeout(Duration.ofSeconds(60))
                            .build();
            String pem = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
            return new Trust(pem, context(pem), CURRENT);
        }
    }

    /// In those whom the JDK trusts by itself.
    static Trust inPublicAuthorities() throws GeneralSecurityException {
        return new Trust("", SSLContext.getDefault(), CURRENT);
    }

    Trust speakingOnly(String version) {
        return new Trust(pem, context, List.of(version));
    }

    private static SSLContext context(String pem) throws IOException {
        try {
            var store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            store.setCertificateEntry("keepsake", certificate(pem));
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            var context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private static X509Certificate certificate(String pem) throws GeneralSecurityException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(
                                new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
    }

    /// The certificate as a PKCS #12 trust store.
    InputStream asStore(char[] password) throws IOException {
        try {
            var store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setCertificateEntry("keepsake", certificate(pem));
            var bytes = new ByteArrayOutputStream();
            store.store(bytes, password);
            return new ByteArrayInputStream(bytes.toByteArray());
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /// Encrypts a connection; the name has to be one that the peer is vouched for under.
    SSLSocket handshake(Socket connected, String name) throws IOException {
        var socket =
                (SSLSocket)
                        context.getSocketFactory()
                                .createSocket(connected, name, connected.getPort(), true);
        var parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setProtocols(versions.toArray(new String[0]));
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }
}
